// SPDX-License-Identifier: MIT
#pragma once

// Whether an initramfs holds what a node needs to start, whatever the program said that made it.

#include <string>
#include <vector>

#include <imagewright/finalize/initramfs_content.hpp>
#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize {

/// What was asked for.
struct InitramfsWishes {
  std::string kernel_release;
  std::vector<std::string> dracut_modules; ///< without which the image is not what it shall be
  /// Names of kernel modules; patterns and directories, which dracut takes too, do not count.
  std::vector<std::string> drivers;
};

/// What of it is not there, as sentences without an end ("it has no /init"). What the root itself
/// does not have is not the initramfs's fault.
std::vector<std::string> find_initramfs_faults(const InitramfsContent& content,
                                               const InitramfsWishes& wishes,
                                               const fs::RootDir& root);

} // namespace imagewright::finalize
