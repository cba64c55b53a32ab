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

/// Puts the loader's UEFI program, behind the shim if the release has one, where firmware looks on
/// removable media: images are started on machines whose firmware has never heard of them.
void install_removable_media_loader(const Context& context);

/// The path of a release's boot file with @efi@ replaced.
std::string with_efi_name(const Context& context, const std::string& path);

/// PRETTY_NAME of os-release.
std::string pretty_name(const Context& context);

} // namespace imagewright::finalize::boot_loaders
