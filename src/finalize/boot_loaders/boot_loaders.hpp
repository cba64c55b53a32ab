// SPDX-License-Identifier: MIT
#pragma once

// One function for each boot loader: its programs and configuration for the kernels that were
// found.

#include <string>

#include "../context.hpp"

namespace imagewright::finalize::boot_loaders {

void install_systemd_boot(const Context& context);
void install_grub(const Context& context);
void install_grub_for_bios(const Context& context);

/// Makes one EFI program of each kernel with its initramfs, where systemd-boot finds it.
void install_unified_kernels(const Context& context);
/// systemd-boot's name for the menu entry of such an image.
std::string unified_kernel_entry(const model::InstalledKernel& kernel);

/// Puts the loader's UEFI program, behind the shim if the release has one, where firmware looks on
/// removable media: images are started on machines whose firmware has never heard of them.
void install_removable_media_loader(const Context& context);

/// The path that a release gives a boot file of the plan's architecture, with @efi@ replaced;
/// empty: none.
std::string boot_file(const Context& context, const model::ArchitectureText& path);

/// The kernel that a boot loader takes when nobody tells it which.
bool is_newest_kernel(const Context& context, const model::InstalledKernel& kernel);

/// PRETTY_NAME of os-release.
std::string pretty_name(const Context& context);

} // namespace imagewright::finalize::boot_loaders
