// SPDX-License-Identifier: MIT
#pragma once

// Entries of boot loaders for kernels that came to an image that exists, or went from it.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize::boot_loaders {

/// The text with one release of a kernel in place of another; longer releases that only begin like
/// it are left alone.
std::string with_release(std::string_view text, std::string_view from, std::string_view to);

/// A menu of GRUB in which every entry of the kernel `from` has one for the kernel `to` before it;
/// the same text when it has none.
std::string menu_with_kernel(std::string_view menu, const std::string& from, const std::string& to);
/// A menu of GRUB without the entries of a kernel.
std::string menu_without_kernel(std::string_view menu, const std::string& release);

/// Gives the kernel entries like those of the newest of `known` that has some, and puts its image
/// where they look for it. Gives the paths at which they look for its initramfs. Throws base::Error
/// (finalize.no-kernel-entry, finalize.unified-kernel).
std::vector<std::string> add_kernel(const fs::RootDir& files, const std::string& release,
                                    const std::string& image,
                                    const std::vector<std::string>& known);

/// Where entries look for the initramfs of a kernel that is there; sorted. Throws base::Error
/// (finalize.no-kernel-entry, finalize.unified-kernel).
std::vector<std::string> initramfs_of(const fs::RootDir& files, const std::string& release);

/// Takes away the entries of a kernel that is gone, and what they alone named.
void remove_kernel(const fs::RootDir& files, const std::string& release);

} // namespace imagewright::finalize::boot_loaders
