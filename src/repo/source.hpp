// SPDX-License-Identifier: MIT
#pragma once

// Where files come from: a directory of this host, or a server and its mirrors.

#include <compare>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/model/repository.hpp>

namespace imagewright::repo {

/// A base below which relative paths are fetched. Exactly one member is given.
struct Source {
  std::filesystem::path directory;
  std::string url;
  std::string mirror_list; ///< URL
  std::string metalink;    ///< URL

  auto operator<=>(const Source&) const = default;
  bool is_local() const { return !directory.empty(); }
};

Source source_of(const model::Repository& repository);

/// A single file of the host or of a server: its source and its name below that.
struct FileAddress {
  Source source;
  std::string name;
};

/// From an absolute path or a URL.
FileAddress address_of_file(const std::string& path_or_url);

/// The path that a "file:" URL stands for, or nothing for any other text.
std::optional<std::filesystem::path> find_local_path(std::string_view url);

/// Does it stay below its source? Absolute paths and those with ".." do not.
bool is_safe_relative_path(std::string_view path);

} // namespace imagewright::repo
