// SPDX-License-Identifier: MIT
#pragma once

// The boot loader's files of an image that exists: where they may be, and how they are changed.

#include <functional>
#include <string>
#include <string_view>

#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize::boot_loaders {

/// Looks at a file's content.
using BootFileVisitor = std::function<void(const std::string& path, const std::string& text)>;

/// Each menu of GRUB once, however many names it has by links.
void for_each_menu(const fs::RootDir& files, const BootFileVisitor& visit);
/// Each entry of the Boot Loader Specification once.
void for_each_entry(const fs::RootDir& files, const BootFileVisitor& visit);
/// Each block of variables that GRUB keeps, once.
void for_each_environment(const fs::RootDir& files, const BootFileVisitor& visit);
/// Each loader.conf of systemd-boot once.
void for_each_loader_setting(const fs::RootDir& files, const BootFileVisitor& visit);
/// The path of each unified kernel image, once.
void for_each_unified_kernel(const fs::RootDir& files,
                             const std::function<void(const std::string& path)>& visit);

/// Writes through links, and keeps the permissions.
void store_boot_file(const fs::RootDir& files, const std::string& path, const std::string& text);

/// Whether a command of GRUB, or a key of an entry, loads a kernel.
bool loads_kernel(std::string_view command);
/// … loads an initramfs.
bool loads_initramfs(std::string_view command);

} // namespace imagewright::finalize::boot_loaders
