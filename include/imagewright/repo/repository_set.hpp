// SPDX-License-Identifier: MIT
#pragma once

// The repositories of a build: fetches, verifies and caches their metadata, keys and packages.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/cache/cache.hpp>
#include <imagewright/model/lock.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/repository.hpp>
#include <imagewright/model/repository_snapshot.hpp>
#include <imagewright/repo/fetch_options.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::repo {

/// The public keys of one repository.
struct RepositoryKeys {
  std::string repository;
  /// Those that count today, each alone and binary. This is the one list of keys: whoever checks a
  /// signature is given these, and never a key file.
  std::vector<std::string> keys;
  /// Of the primary keys of all its files, also of those that have expired; upper-case hexadecimal,
  /// sorted.
  std::vector<std::string> fingerprints;

  bool operator==(const RepositoryKeys&) const = default;
};

/// What fetching works with. All of it must outlive the set.
struct FetchEnvironment {
  cache::Cache& cache;
  report::Reporter& reporter;
  const base::Cancellation& cancellation;
};

/// Every failure is a base::Error with a code "repo.…" that names the repository; secrets in
/// addresses never appear.
class RepositorySet {
public:
  /// Keeps those repositories that serve `architecture`, sorted by name. Nothing is fetched yet.
  RepositorySet(const std::vector<model::Repository>& repositories, const std::string& architecture,
                FetchOptions options, FetchEnvironment environment);
  RepositorySet(RepositorySet&&) noexcept;
  RepositorySet& operator=(RepositorySet&&) = delete;
  RepositorySet(const RepositorySet&) = delete;
  RepositorySet& operator=(const RepositorySet&) = delete;
  ~RepositorySet();

  /// The current metadata of each repository, without file lists, sorted by name: signature and
  /// every checksum verified. Without network it is the newest that the cache knows.
  std::vector<model::RepositorySnapshot> load_snapshots();

  /// The file lists that belong to a snapshot; nothing when the repository has none.
  std::optional<std::filesystem::path> load_filelists(const model::RepositorySnapshot& snapshot);

  /// The keys of each repository that has some, sorted by repository. When `locked` is given, keys
  /// that the lock does not name are refused (repo.key-changed).
  std::vector<RepositoryKeys> load_keys(const model::ArchitectureLock* locked = nullptr);

  /// Every package of the lock as a verified local file: in place when its repository is a local
  /// directory, else in the cache. Packages that the cache has are not fetched.
  model::PackageSet download(const model::ArchitectureLock& lock);

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace imagewright::repo
