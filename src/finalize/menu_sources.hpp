// SPDX-License-Identifier: MIT
#pragma once

// What a node makes its menus from, as it was found in a base.

#include <optional>
#include <string>
#include <vector>

#include "boot_loaders/grub_settings.hpp"

namespace imagewright::finalize {

struct MenuSources {
  /// GRUB's files together, by which a change is seen that is not understood.
  std::string text;
  bool is_understood = true;
  /// Of /etc/default/grub; nothing without such a file, or when it is not understood.
  std::optional<boot_loaders::GrubSettings> grub;
  /// Words of /etc/kernel/cmdline.
  std::optional<std::vector<std::string>> command_line;

  bool operator==(const MenuSources&) const = default;
};

} // namespace imagewright::finalize
