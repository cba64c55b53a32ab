// SPDX-License-Identifier: MIT
#pragma once

// A unified kernel image with a signed policy in it.

#include <filesystem>
#include <string>

#include <sys/types.h>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::pipeline {

/// Contents of the sections that systemd's programs look for.
struct PolicySections {
  std::string public_key; ///< .pcrpkey
  std::string signatures; ///< .pcrsig
};

/// What a file held at one moment: what is measured is what gets the policy, whoever changes the
/// file meanwhile.
struct KernelImageCopy {
  fs::UniqueFd content; ///< in memory
  mode_t permissions = 0;
  std::string name; ///< of the file, for messages
};

/// Of the file's first 512 MiB and a byte. Throws base::Error (fs.cannot-read, fs.cannot-write).
KernelImageCopy copy_kernel_image(const std::filesystem::path& program);

/// Writes `program` with them to `output`, which may be where it came from, and is replaced at once
/// when it is whole. Throws base::Error (finalize.unfit-stub, fs.cannot-write).
void write_with_policy(const KernelImageCopy& program, const std::filesystem::path& output,
                       const PolicySections& sections, const base::Cancellation& cancellation);

} // namespace imagewright::pipeline
