// SPDX-License-Identifier: MIT
#pragma once

// How a config is named: by its file, or by its file and one of the variants in it.

#include <filesystem>
#include <string>

namespace imagewright::model {

/// "configs/node.yaml", or "configs/node.yaml@gen1" for the variant gen1 of that file. The second
/// form stands wherever a config is named: on the command line, in lists of units, in reports.
struct ConfigPath {
  std::filesystem::path file;
  std::string variant; ///< empty: what all variants share

  bool operator==(const ConfigPath&) const = default;
};

/// Every path that has not the second form is a file's.
ConfigPath config_path_from(const std::filesystem::path& path);
std::filesystem::path path_of(const ConfigPath& config);

} // namespace imagewright::model
