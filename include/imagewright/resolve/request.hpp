// SPDX-License-Identifier: MIT
#pragma once

// What the resolver is asked.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/epoch.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/repository_snapshot.hpp>

namespace imagewright::resolve {

enum class WeakDependencies : std::uint8_t {
  ignored,   ///< only what is required
  installed, ///< what packages recommend as well, where it can be had
};

/// Packages that must not be in the image.
struct Exclude {
  /// A glob over names, name.architecture or the full name-version-release.architecture; when that
  /// means nothing, whatever a request may be: a name with a version, a file, a capability.
  std::string pattern;
  base::SourceLocation where;

  auto operator<=>(const Exclude&) const = default;
};

/// Gives the file lists of a snapshot, or nothing when there are none. Called only when they are
/// needed.
using FilelistsLoader =
    std::function<std::optional<std::filesystem::path>(const model::RepositorySnapshot& snapshot)>;

/// Nothing that was published later is used.
struct Snapshot {
  base::Epoch time{};
  /// The line that says so; without a file when no config does.
  base::SourceLocation where{};

  auto operator<=>(const Snapshot&) const = default;
};

enum class FileListUse : std::uint8_t {
  where_needed,     ///< only when a requirement can be met by nothing else
  of_every_package, ///< the answer tells the files of what was chosen
};

/// One question. Equal requests over equal metadata have equal answers, in whatever order they are
/// listed.
struct ResolveRequest {
  model::Architecture architecture;
  std::vector<model::RepositorySnapshot> repositories;
  std::vector<model::PackageRequest> packages;
  /// Packages that are chosen, each by itself, and not installed.
  std::vector<model::PackageRequest> stored = {};
  std::vector<model::LockedPackage> stored_pins = {}; ///< kept where they still answer
  std::vector<Exclude> excludes;
  /// Versions that are kept as long as that is possible: an older lock.
  std::vector<model::LockedPackage> pins;
  WeakDependencies weak_dependencies = WeakDependencies::ignored;
  /// May be empty: then there are no file lists.
  FilelistsLoader load_filelists;
  std::optional<Snapshot> snapshot = {};
  FileListUse file_lists = FileListUse::where_needed;
  /// Where parsed metadata is kept for the next time; empty: nowhere.
  std::filesystem::path metadata_cache;
  /// Where answers are kept for the next time; empty: nowhere.
  std::filesystem::path solution_cache = {};
};

} // namespace imagewright::resolve
