// SPDX-License-Identifier: MIT
#pragma once

// One function for each boot loader: its programs and configuration for the kernels that were
// found.

#include <string>

#include "../boot_paths.hpp"

namespace imagewright::finalize::boot_loaders {

StepYield install_systemd_boot(const BootInput& input, const fs::RootDir& files);
StepYield install_grub(const BootInput& input, const fs::RootDir& files);
StepYield install_grub_for_bios(const BootInput& input, root::WorkRoot& root);

/// Makes one EFI program of each kernel with its initramfs, where systemd-boot finds it.
StepYield install_unified_kernels(const BootInput& input, const fs::RootDir& files);
/// systemd-boot's name for the menu entry of such an image.
std::string unified_kernel_entry(const model::InstalledKernel& kernel);

/// Puts the loader's UEFI program, behind the shim if the release has one, where firmware looks on
/// removable media: images are started on machines whose firmware has never heard of them.
void install_removable_media_loader(const BootInput& input, const fs::RootDir& files);

/// The path that a release gives a boot file of an architecture, with @efi@ replaced;
/// empty: none.
std::string boot_file(const model::Architecture& architecture, const model::ArchitectureText& path);

/// The kernel that a boot loader takes when nobody tells it which.
bool is_newest_kernel(const std::vector<model::InstalledKernel>& kernels,
                      const model::InstalledKernel& kernel);

/// PRETTY_NAME of os-release.
std::string pretty_name(const fs::RootDir& files);

} // namespace imagewright::finalize::boot_loaders
