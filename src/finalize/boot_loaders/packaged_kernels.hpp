// SPDX-License-Identifier: MIT
#pragma once

// Unified kernel images that packages bring, signed by whoever made them.

#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize::boot_loaders {

struct PackagedKernel {
  std::string path; ///< on the ESP
  std::string release;
  std::string command_line;
};

/// Those that stand on the ESP, where systemd-boot looks for them, with those that packages have
/// beside their modules copied there. At least one. Throws base::Error
/// (finalize.no-packaged-kernel, finalize.unfit-stub).
std::vector<PackagedKernel> place_packaged_kernels(const fs::RootDir& files);

} // namespace imagewright::finalize::boot_loaders
