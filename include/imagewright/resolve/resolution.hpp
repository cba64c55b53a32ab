// SPDX-License-Identifier: MIT
#pragma once

// What the resolver answers.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::resolve {

/// One package needs another. Both are indexes into Resolution::packages.
struct Dependency {
  std::size_t requirer = 0;
  std::size_t provider = 0;
  std::string requirement; ///< "libc.so.6(GLIBC_2.34)(64bit)", "/bin/sh", "kernel >= 6.6"
  bool is_weak = false;    ///< recommended, not required

  auto operator<=>(const Dependency&) const = default;
};

/// How a wish was met.
struct FulfilledRequest {
  model::PackageRequest request;
  std::vector<std::size_t> packages; ///< indexes into Resolution::packages, ascending

  bool operator==(const FulfilledRequest&) const = default;
};

/// A package that is not installed, and what asked for it.
struct StoredChoice {
  std::size_t request = 0; ///< index into ResolveRequest::stored
  model::LockedPackage package;

  bool operator==(const StoredChoice&) const = default;
};

/// The exact package set, and why each package is in it.
struct Resolution {
  std::vector<model::LockedPackage> packages; ///< sorted
  std::vector<FulfilledRequest> requests;     ///< in the order of the question
  std::vector<Dependency> dependencies;       ///< sorted, without those of a package on itself
  /// Every provided name (package names too) with the packages that provide it, ascending.
  std::map<std::string, std::vector<std::size_t>> providers;
  /// What is odd about the repositories that packages were taken from.
  std::vector<base::Diagnostic> warnings{};
  /// Every path of the chosen packages, sorted; absent when nobody asked or a repository has no
  /// lists of files.
  std::optional<std::vector<std::string>> files{};
  std::vector<StoredChoice> stored{}; ///< in the order of the requests

  bool operator==(const Resolution&) const = default;
};

/// Why there is no package set: one diagnostic per problem (resolve.…), each at the request that
/// leads to it. Every context line is one link of the chain from the request to the package at
/// fault.
struct Unsolvable {
  std::vector<base::Diagnostic> problems;

  bool operator==(const Unsolvable&) const = default;
};

using ResolveResult = std::variant<Resolution, Unsolvable>;

} // namespace imagewright::resolve
