// SPDX-License-Identifier: MIT
#pragma once

// What GRUB reads, whatever firmware starts it.

#include <string>
#include <string_view>

#include "../boot_paths.hpp"

namespace imagewright::finalize::boot_loaders {

/// The filesystem that has /boot, and what its paths lack in comparison with the root's.
struct BootFilesystem {
  std::string uuid;
  std::string prefix;           ///< "/boot" where /boot is a filesystem of its own, else empty
  std::string_view module = {}; ///< with which GRUB reads it
};

BootFilesystem boot_filesystem(const model::DiskLayout& layout);

/// A path of the image as GRUB sees it.
std::string grub_path(const BootFilesystem& filesystem, const std::string& path);

/// Distributions name the directory "grub" or "grub2", like the programs.
std::string grub_directory(const fs::RootDir& files);

/// Makes the filesystem with /boot GRUB's root.
std::string search_line(const BootFilesystem& filesystem);

/// The lines that lead GRUB to its configuration on that filesystem.
std::string grub_start(const model::DiskLayout& layout, const fs::RootDir& files);

/// Writes /etc/default/grub, from which the node makes its menus; files, edits and scripts of the
/// config can change it.
void write_grub_settings(const BootInput& input, const fs::RootDir& files);

/// Writes grub.cfg as those settings want it; kernels that GRUB cannot reach are copied to /boot.
StepYield write_grub_configuration(const BootInput& input, const fs::RootDir& files);

/// Brings grub.cfg to what the settings say now, unless somebody else has written to it.
StepYield follow_grub_settings(const BootInput& input, const fs::RootDir& files);

} // namespace imagewright::finalize::boot_loaders
