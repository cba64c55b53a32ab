// SPDX-License-Identifier: MIT
#pragma once

// The boot loaders that can be installed, one row each; how one is installed stands in
// finalize/boot_loaders.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace imagewright::model {

enum class BootLoaderName : std::uint8_t { grub, systemd_boot };

struct BootLoaderRow {
  BootLoaderName name = BootLoaderName::grub;
  std::string_view word; ///< of configs and release profiles
  std::string_view title;
  /// A BIOS can start it as well.
  bool starts_from_bios = false;
  /// Its configuration stands on the filesystem of /boot, which must therefore not be verified by a
  /// hash that it holds.
  bool is_configured_in_boot = false;
  /// Finds unified kernel images by itself.
  bool starts_unified_images = false;
};

inline constexpr std::array k_boot_loaders{
    BootLoaderRow{.name = BootLoaderName::grub,
                  .word = "grub",
                  .title = "GRUB",
                  .starts_from_bios = true,
                  .is_configured_in_boot = true},
    BootLoaderRow{.name = BootLoaderName::systemd_boot,
                  .word = "systemd-boot",
                  .title = "systemd-boot",
                  .starts_unified_images = true},
};

constexpr const BootLoaderRow& row_of(BootLoaderName name) {
  return *std::find_if(k_boot_loaders.begin(), k_boot_loaders.end(),
                       [&](const BootLoaderRow& row) { return row.name == name; });
}

/// Null when it is not known.
const BootLoaderRow* find_boot_loader(std::string_view word);

} // namespace imagewright::model
