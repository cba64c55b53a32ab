// SPDX-License-Identifier: MIT
#pragma once

// What the files of sysctl.d(5) in a root say about a kernel parameter.

#include <map>
#include <optional>
#include <string>
#include <utility>

#include <imagewright/fs/root_dir.hpp>

#include "settings_directories.hpp"

namespace imagewright::finalize {

/// The name and the value of "NAME = VALUE"; nothing for comments and all else.
std::optional<std::pair<std::string, std::string>> read_sysctl_line(const std::string& line);

/// What is read after the file of the config, so that it counts and the config does not. The files
/// are read once.
class LaterSysctlSettings {
public:
  explicit LaterSysctlSettings(const fs::RootDir& files);

  /// The line by which the parameter has another value.
  std::optional<SettingLine> find_other(const std::string& name, const std::string& value) const;

private:
  struct Setting {
    std::string value;
    SettingLine line;
  };

  std::map<std::string, Setting> last_; ///< by the parameter's one name
};

} // namespace imagewright::finalize
