// SPDX-License-Identifier: MIT
#pragma once

// All packages of all repositories, ready for the solver.

#include <string>
#include <vector>

#include <imagewright/model/package.hpp>
#include <imagewright/resolve/request.hpp>

#include "exclusion.hpp"
#include "libsolv_types.hpp"
#include "metadata_store.hpp"

namespace imagewright::resolve {

class PackagePool {
public:
  /// `request` must outlive it. Repositories are taken in the order of priority, cost and name.
  /// Throws base::Error (resolve.metadata-unreadable).
  PackagePool(const ResolveRequest& request, FileLists file_lists,
              const base::Cancellation& cancellation);

  Pool* get() const { return pool_.get(); }
  const ResolveRequest& request() const { return request_; }

  model::Nevra nevra_of(Id package) const;
  /// "name-version-release.architecture"
  std::string text_of(Id package) const { return nevra_of(package).to_string(); }
  std::string dependency_text(Id dependency) const;
  const model::RepositorySnapshot& snapshot_of(Id package) const;
  /// In the order of libsolv's repositories.
  const std::vector<model::RepositorySnapshot>& snapshots() const { return snapshots_; }
  /// Who says that the package may not be used; null when nobody does.
  const Exclusion* find_exclusion(Id package) const;
  /// Excludes that mean no package.
  const std::vector<base::Diagnostic>& exclude_problems() const { return exclusions_.problems; }
  /// Every package of every repository, also those that may not be used.
  std::vector<Id> all_packages() const;
  /// May it be installed: right architecture, not excluded?
  bool is_usable(Id package) const;
  /// The usable packages that provide a dependency (not a rich one).
  std::vector<Id> providers_of(Id dependency) const;
  /// The dependencies of one kind (SOLVABLE_REQUIRES, …) of a package.
  std::vector<Id> dependencies_of(Id package, Id kind) const;
  /// The paths of a package, as far as they were loaded.
  std::vector<std::string> files_of(Id package) const;

private:
  void leave_out_excluded();

  const ResolveRequest& request_;
  PoolPointer pool_;
  Exclusions exclusions_;
  std::vector<model::RepositorySnapshot> snapshots_; // in the order of libsolv's repositories
};

} // namespace imagewright::resolve
