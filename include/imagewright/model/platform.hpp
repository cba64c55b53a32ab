// SPDX-License-Identifier: MIT
#pragma once

// What an image runs on: a cloud, a hypervisor, the Windows Subsystem for Linux, or a machine.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace imagewright::model {

enum class Platform : std::uint8_t { azure, hyperv, qemu, wsl, bare };

struct PlatformRow {
  Platform platform = Platform::bare;
  std::string_view word;  ///< of configs and profiles
  std::string_view title; ///< what it is, for a list of words
};

inline constexpr std::array k_platforms{
    PlatformRow{Platform::azure, "azure", "virtual machines of Azure"},
    PlatformRow{Platform::hyperv, "hyperv", "virtual machines of Hyper-V"},
    PlatformRow{Platform::qemu, "qemu", "virtual machines of QEMU"},
    PlatformRow{Platform::wsl, "wsl", "the Windows Subsystem for Linux"},
    PlatformRow{Platform::bare, "bare", "machines"},
};

/// The word for it: "azure".
constexpr std::string_view to_string(Platform platform) {
  return std::find_if(k_platforms.begin(), k_platforms.end(),
                      [&](const PlatformRow& row) { return row.platform == platform; })
      ->word;
}

} // namespace imagewright::model
