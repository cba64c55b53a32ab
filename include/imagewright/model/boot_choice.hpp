// SPDX-License-Identifier: MIT
#pragma once

// Which firmware starts an image, and which boot loader it finds: the config's wish, or what the
// release has.

#include <string>

#include <imagewright/model/image_config.hpp>
#include <imagewright/model/release_profile.hpp>

namespace imagewright::model {

BootType boot_type_of(const ImageConfig& config, const ReleaseProfile& release);

/// The name of one of the release's boot loaders; empty: none. A BIOS starts GRUB whatever the
/// name, and unified kernel images are found by systemd-boot unless the config says otherwise.
std::string boot_loader_of(const ImageConfig& config, const ReleaseProfile& release);

} // namespace imagewright::model
