// SPDX-License-Identifier: MIT
#pragma once

// A whole image config: what the user's YAML says, with its base configs and package lists merged
// in.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/source_location.hpp>
#include <imagewright/model/located.hpp>
#include <imagewright/model/os_config.hpp>
#include <imagewright/model/output_config.hpp>
#include <imagewright/model/policy.hpp>
#include <imagewright/model/repository.hpp>
#include <imagewright/model/storage_config.hpp>

namespace imagewright::model {

/// A script: a file beside the config, or text.
struct ScriptConfig {
  std::string path; ///< relative to `directory`; empty when `content` is given
  std::string content;
  std::string interpreter = "/bin/sh";
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::string name;
  std::filesystem::path directory; ///< of the config that names it; visible to the script
  base::SourceLocation where;
  base::SourceLocation path_where = {};

  bool operator==(const ScriptConfig&) const = default;
};

enum class ScriptNetwork : std::uint8_t { none, host };

struct ScriptsConfig {
  std::vector<ScriptConfig> post_customization;
  std::vector<ScriptConfig> finalize_customization;
  ScriptNetwork network = ScriptNetwork::none;

  bool operator==(const ScriptsConfig&) const = default;
};

/// A promise of the config beyond the release's own.
struct CheckRequest {
  Check check;
  base::SourceLocation where;

  bool operator==(const CheckRequest&) const = default;
};

/// Everything that one config file and the files it builds on say.
struct ImageConfig {
  std::filesystem::path path;      ///< of the file itself, as it was given
  std::filesystem::path directory; ///< of the file itself, absolute
  std::string name;                ///< output.name, else the file name without extension

  std::optional<LocatedText> release;     ///< a name, or a path relative to the file that gives it
  std::vector<LocatedText> architectures; ///< empty: the host's
  /// $basearch and $releasever are not replaced yet; config::repositories_for does that.
  std::vector<Repository> repositories;
  InputConfig input;
  StorageConfig storage;
  OsConfig os;
  std::optional<LiveMediumConfig> iso;
  std::optional<LiveMediumConfig> pxe;
  ScriptsConfig scripts;
  std::vector<LocatedText> preview_features;
  OutputConfig output;
  std::vector<CheckRequest> checks;
  /// Every file that was read, in the order of reading: base configs, package lists, and last the
  /// file itself.
  std::vector<std::filesystem::path> files;

  bool has_preview_feature(const std::string& wanted) const {
    for (const LocatedText& feature : preview_features) {
      if (feature.text == wanted) return true;
    }
    return false;
  }
};

} // namespace imagewright::model
