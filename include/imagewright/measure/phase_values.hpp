// SPDX-License-Identifier: MIT
#pragma once

// What the register of a unified kernel image holds at points of its boot.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>

namespace imagewright::measure {

/// Into which systemd-stub measures sections, and systemd-pcrphase what comes after.
inline constexpr std::uint32_t k_kernel_image_register = 11;

struct PhaseRequest {
  std::filesystem::path program; ///< a unified kernel image
  std::string public_key;        ///< content that the section .pcrpkey is going to have
  /// Words as systemd-pcrphase adds them, with colons between them; empty: none yet.
  std::vector<std::string> phases;
};

/// Of each bank one value for each phase, in their order, told by a worker. Throws base::Error
/// (measure.damaged-program, measure.no-stub, measure.has-policy, fs.cannot-read).
std::vector<base::Digest> phase_values(const PhaseRequest& request,
                                       const base::Cancellation& cancellation);

} // namespace imagewright::measure
