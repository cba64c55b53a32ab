// SPDX-License-Identifier: MIT
#pragma once

// Configs in the JSON form of the older Azure Linux toolkit, rewritten in our language.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::config {

/// One config of the file: the toolkit's files may hold several.
struct ImportedConfig {
  std::string name; ///< as the file calls it
  std::string text; ///< YAML for a file beside the JSON; what could not be carried over stands in
                    ///< comments at its top
  std::vector<std::string> left_out; ///< what those comments say
};

/// The text of a file that a config names; nothing when it cannot be read.
using NamedFileReader = std::function<std::optional<std::string>(const std::string& path)>;

/// Rewrites a toolkit config. Its package lists say which boot loader is meant, which it does not
/// name itself; nothing else of them is used. Throws base::Error (json.syntax) when it is not JSON,
/// and base::Error (config.not-a-toolkit-config) when it is something else.
std::vector<ImportedConfig> import_toolkit_json(std::string_view text, const std::string& file,
                                                const NamedFileReader& read_list = {});

} // namespace imagewright::config
