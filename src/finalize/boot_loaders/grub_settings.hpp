// SPDX-License-Identifier: MIT
#pragma once

// What GRUB's settings say, which grub2-mkconfig reads on the node: the first menu has to have it
// as well, whoever wrote it.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize::boot_loaders {

inline constexpr std::string_view k_grub_settings = "/etc/default/grub";
/// Files that the one above reads where a distribution wants that, those that end in ".cfg".
inline constexpr std::string_view k_more_grub_settings = "/etc/default/grub.d";

struct GrubSettings {
  std::vector<std::string> arguments; ///< words of the kernel's command line
  std::optional<int> timeout_seconds;
  /// Of other settings by which a menu starts otherwise, those that are set; by their names.
  std::map<std::string, std::string> others;

  bool operator==(const GrubSettings&) const = default;
};

/// What /etc/default/grub says, and where it reads them at all, the files in /etc/default/grub.d in
/// their order. Nothing when there is no such file. Throws base::Error (finalize.grub-setting) for
/// kernel arguments that only a shell could read.
std::optional<GrubSettings> read_grub_settings(const fs::RootDir& files);

/// What that file would say with this text.
GrubSettings grub_settings_in(const fs::RootDir& files, const std::string& text);

/// The kernel arguments that the files in /etc/default/grub.d would add to GRUB's menus, for
/// another loader, whose menus have nothing of them. Throws base::Error (finalize.grub-setting) for
/// what only a shell could read.
std::vector<std::string> arguments_for_grub_alone(const fs::RootDir& files);

} // namespace imagewright::finalize::boot_loaders
