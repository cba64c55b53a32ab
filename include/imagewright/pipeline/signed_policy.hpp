// SPDX-License-Identifier: MIT
#pragma once

// A unified kernel image with a signed policy in it.

#include <filesystem>
#include <string>

#include <imagewright/base/cancellation.hpp>

namespace imagewright::pipeline {

/// Contents of the sections that systemd's programs look for.
struct PolicySections {
  std::string public_key; ///< .pcrpkey
  std::string signatures; ///< .pcrsig
};

/// Writes `program` with them to `output`, which may be the same, and is replaced at once when it
/// is whole. Throws base::Error (finalize.unfit-stub, fs.cannot-read, fs.cannot-write).
void write_with_policy(const std::filesystem::path& program, const std::filesystem::path& output,
                       const PolicySections& sections, const base::Cancellation& cancellation);

} // namespace imagewright::pipeline
