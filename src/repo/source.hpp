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

/// A single file of the host or of a server: its source and its name below that. A URL is a source
/// of its own, with an empty name.
struct FileAddress {
  Source source;
  std::string name;
};

/// From an absolute path or a URL.
FileAddress address_of_file(const std::string& path_or_url);

/// The path that a "file:" URL stands for, or nothing for any other text.
std::optional<std::filesystem::path> find_local_path(std::string_view url);

/// Why a base that metadata gives (xml:base) may not take the place of the source, as the end of a
/// sentence.
std::optional<std::string> find_base_fault(const std::string& base, const Source& source);

/// The source itself, or the base that takes its place.
Source source_below(const std::string& base, const Source& source);

/// The URL of a path below a base, percent-encoded; a query of the base stays at its end. An empty
/// path stands for the base itself.
std::string url_below(const std::string& base, const std::string& path);

} // namespace imagewright::repo
