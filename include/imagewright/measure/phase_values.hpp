// SPDX-License-Identifier: MIT
#pragma once

// What the register of a unified kernel image holds at points of its boot.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>

namespace imagewright::measure {

/// Into which systemd-stub measures sections, and systemd-pcrphase what comes after.
inline constexpr std::uint32_t k_kernel_image_register = 11;

struct PhaseRequest {
  int program = -1;       ///< a unified kernel image, to be read
  std::string name;       ///< of it, for messages
  std::string public_key; ///< content that the section .pcrpkey is going to have
  /// Words as systemd-pcrphase adds them, with colons between them; empty: none yet.
  std::vector<std::string> phases;
};

/// Of each bank one value for each phase, in their order, told by a worker. Throws base::Error
/// (measure.damaged-program, measure.no-stub, measure.has-policy, fs.cannot-read).
std::vector<base::Digest> phase_values(const PhaseRequest& request,
                                       const base::Cancellation& cancellation);

} // namespace imagewright::measure
