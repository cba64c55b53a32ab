// SPDX-License-Identifier: MIT
#pragma once

// What the files of sysctl.d(5) in a root say about a kernel parameter.

#include <optional>
#include <string>
#include <utility>

#include <imagewright/fs/root_dir.hpp>

#include "settings_directories.hpp"

namespace imagewright::finalize {

/// The name and the value of "NAME = VALUE"; nothing for comments and all else.
std::optional<std::pair<std::string, std::string>> read_sysctl_line(const std::string& line);

/// What gives the parameter another value and is read after the file of the config, so that it
/// counts and the config does not.
std::optional<SettingLine> find_later_sysctl(const fs::RootDir& files, const std::string& name,
                                             const std::string& value);

} // namespace imagewright::finalize
