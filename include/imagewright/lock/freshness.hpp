// SPDX-License-Identifier: MIT
#pragma once

// Does a lock still answer what the config asks?

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/model/container_image.hpp>
#include <imagewright/model/lock.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/repository.hpp>
#include <imagewright/model/repository_snapshot.hpp>

namespace imagewright::lock {

/// Everything that a resolution depends on besides the metadata. Positions and origins do not
/// matter.
struct LockQuestion {
  std::string architecture;
  std::vector<model::PackageRequest> packages;
  std::vector<std::string> excludes;
  std::vector<model::Repository> repositories;
  /// A word for how weak dependencies are treated: "ignored" or "installed".
  std::string weak_dependencies;
  /// A point in time after which nothing counts (ISO 8601); empty: none.
  std::string snapshot = {};
  /// What the lock has to have word for word: their digests are known without a resolution.
  std::vector<model::LockedContainerImage> container_images;
  /// What else is asked for, in words, one wish a line: "remove vim".
  std::vector<std::string> wishes = {};
};

/// The digest that ArchitectureLock::request holds. Order and repetition do not matter.
base::Digest digest_of(const LockQuestion& question);

/// The question in words, one wish a line, sorted: "package bash", "exclude vim", "repository base:
/// priority 99, …".
std::vector<std::string> lines_of(const LockQuestion& question);

/// Why the lock does not answer the question (lock.architecture-missing, lock.stale, which says
/// what has changed where the lock remembers what was asked), or nothing when it does.
std::optional<base::Diagnostic> find_staleness(const model::Lock& lock, const std::string& file,
                                               const LockQuestion& question);

/// The lock with the entry of one architecture replaced or added, in order.
model::Lock with_architecture(model::Lock lock, model::ArchitectureLock entry);

/// The packages of a lock that keep their versions when only `updated` (globs over names; empty:
/// all) may move.
std::vector<model::LockedPackage> pins_of(const model::ArchitectureLock& lock,
                                          const std::vector<std::string>& updated);

/// What a lock remembers of repositories, sorted. Secrets in addresses are left out, and so is
/// where a local directory stands.
std::vector<model::LockedRepository>
locked_repositories(const std::vector<model::RepositorySnapshot>& snapshots);

} // namespace imagewright::lock
