// SPDX-License-Identifier: MIT
#pragma once

// What the files of modprobe.d(5) in a root say about a kernel module.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

#include "settings_directories.hpp"

namespace imagewright::finalize {

/// All of them, read once.
class ModuleSettings {
public:
  explicit ModuleSettings(const fs::RootDir& files);

  /// What keeps the module from being loaded at boot: it is on a list of those that are not loaded
  /// of themselves, or a program is run in its place that does nothing.
  std::optional<SettingLine> find_obstacle(const std::string& module) const;

  /// What sets that option of the module and is read after the file of the config, so that it
  /// counts and the config does not.
  std::optional<SettingLine> find_later_option(const std::string& module,
                                               const std::string& option) const;

private:
  std::vector<SettingLine> lines_; ///< in the order in which they are read
};

} // namespace imagewright::finalize
