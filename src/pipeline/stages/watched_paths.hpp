// SPDX-License-Identifier: MIT
#pragma once

// Whether files and directories are as they were when a build looked at them, told by a stat(2)
// for each.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include <imagewright/plan/consulted_paths.hpp>

namespace imagewright::pipeline {

/// By this the kernel tells a file from any other, and from what it was before a change.
std::string stamp_of(const struct stat& status);
/// Whether the next change of the file gives it another stamp, on whichever filesystem it is.
bool has_settled(const struct stat& status, std::chrono::system_clock::time_point now);
/// Of a regular file; empty when there is none, nor any link followed.
std::string stamp_at(const std::filesystem::path& path);

struct WatchedPath {
  std::filesystem::path path;
  /// Of the file or directory that the path leads to; empty: there is none.
  std::string stamp;
  /// Of what changed so shortly before that the next change may have the same stamp: the digest of
  /// a file, of the names in a directory, or of the target of a link. Else empty.
  std::string content;
  bool is_link = false; ///< the stamp is of a symbolic link itself
};

/// Everything that was consulted, as it is now. `since` is when the build began: what has changed
/// after that may not be what the build has read, and nothing is given then.
std::optional<std::vector<WatchedPath>> watch(const plan::ConsultedPaths& consulted,
                                              std::chrono::system_clock::time_point since);

bool is_as_it_was(const WatchedPath& watched);

std::string to_bytes(const std::vector<WatchedPath>& watched);
std::vector<WatchedPath> watched_from(std::string_view bytes);

} // namespace imagewright::pipeline
