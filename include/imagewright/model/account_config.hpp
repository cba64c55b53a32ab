// SPDX-License-Identifier: MIT
#pragma once

// Users and groups that a config asks for.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/source_location.hpp>
#include <imagewright/model/located.hpp>

namespace imagewright::model {

enum class PasswordType : std::uint8_t { locked, plain_text, hashed, plain_text_file, hashed_file };

struct PasswordConfig {
  PasswordType type = PasswordType::locked;
  /// The password or its hash. Secret: never shown, logged or written to a manifest.
  std::string value;
  std::filesystem::path file; ///< for the two file types
  base::SourceLocation where;
  base::SourceLocation value_where = {}; ///< of the value or the file's name; else as `where`

  bool operator==(const PasswordConfig&) const = default;
};

struct GroupConfig {
  std::string name;
  std::optional<gid_t> gid;
  base::SourceLocation where;

  bool operator==(const GroupConfig&) const = default;
};

struct UserConfig {
  std::string name;
  std::optional<uid_t> uid;
  std::optional<PasswordConfig> password;
  std::optional<std::int32_t> password_expires_days; ///< -1: never
  std::vector<Located<std::filesystem::path>> ssh_public_key_files;
  std::vector<std::string> ssh_public_keys;
  std::optional<LocatedText> primary_group;
  std::vector<LocatedText> secondary_groups;
  std::optional<LocatedText> startup_command;
  std::optional<LocatedText> home_directory;
  base::SourceLocation where;

  bool operator==(const UserConfig&) const = default;
};

} // namespace imagewright::model
