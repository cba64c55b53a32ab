// SPDX-License-Identifier: MIT
#pragma once

// Where files of the boot chain stand, as the image sees them.

#include <string>
#include <string_view>

#include "step.hpp"

namespace imagewright::finalize {

/// What a boot loader is set up from.
struct BootInput {
  const model::Architecture& architecture;
  const model::DiskLayout& layout;
  const BootLoader& boot_loader;
  const std::vector<model::InstalledKernel>& kernels;
  const std::string& command_line;
  const std::vector<GivenFile>& given_files;
  const model::SystemPolicy& policy;
};

/// Whether the loader reads GRUB's menus.
inline bool is_grub(const BootLoader& loader) {
  return loader.kind == BootLoaderKind::grub || loader.kind == BootLoaderKind::grub_bios;
}

/// Where the EFI system partition is mounted.
inline constexpr std::string_view k_esp_mount = "/boot/efi";

/// The name of the image's directory on the ESP and of its entries: IMAGE_ID or ID of os-release.
std::string entry_token(const fs::RootDir& files);

/// Where the initramfs of a kernel belongs, by boot loader.
std::string initramfs_path(const fs::RootDir& files, const BootLoader& loader,
                           const std::string& kernel_release);

/// The kernel command line for a file by which the node itself makes boot entries later. Without
/// root hashes where that file is inside what is hashed.
std::string lasting_command_line(const BootInput& input);

/// The path under which a name of the ESP is there already: FAT knows no case, so that a package's
/// "EFI/Boot" is our "EFI/BOOT". What is not there keeps its spelling; other paths are unchanged.
std::string name_on_esp(const fs::RootDir& files, const std::string& path);

/// Makes directories of the ESP one that FAT would have as one ("EFI/Vendor" and "EFI/vendor" of
/// two packages). Files that differ under one name stay, for whoever writes the filesystem to
/// refuse.
void join_spellings_on_esp(const fs::RootDir& files);

/// Copies a file of the root. On the ESP a file that is there under another spelling is replaced,
/// or left alone when it is the source itself. Throws base::Error (finalize.missing-boot-file) when
/// there is no such file.
void copy_boot_file(const fs::RootDir& files, const std::string& source,
                    const std::string& destination);

} // namespace imagewright::finalize
