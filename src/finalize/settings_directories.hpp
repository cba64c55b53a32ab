// SPDX-License-Identifier: MIT
#pragma once

// Directories such as modprobe.d and sysctl.d, of which a system reads all files in one order.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

namespace imagewright::finalize {

/// A line of a file in one of them.
struct SettingLine {
  std::string path;
  std::string line;
};

/// The files of /etc/NAME, /usr/local/lib/NAME and /usr/lib/NAME: path by file name, which is the
/// order in which they are read. Of those with one name the first counts.
std::map<std::string, std::string> settings_files(const fs::RootDir& files, std::string_view name);

} // namespace imagewright::finalize
