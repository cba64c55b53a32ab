// SPDX-License-Identifier: MIT
#pragma once

// Packages that are there, wishes and repository metadata in; what goes and what comes out.

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/model/installed_package.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/resolve/request.hpp>
#include <imagewright/resolve/resolution.hpp>

namespace imagewright::resolve {

/// One question about a system that exists. Its parts are answered one after the other, each over
/// what the one before leaves: removals, updates of everything, what has to be there, updates.
struct ChangeRequest {
  /// Repositories, excludes and the like; `packages` are what has to be there, pins are not looked
  /// at.
  ResolveRequest question;
  std::vector<model::InstalledPackage> installed;
  /// Who needs a removed package goes with it.
  std::vector<model::PackageRequest> removed;
  /// Where it is said that everything is to become as new as can be.
  std::optional<base::SourceLocation> update_all;
  std::vector<model::PackageRequest> updated; ///< must be installed
  /// Names of which several versions may be there: a new one does not take the place of an old one.
  std::vector<std::string> several_versions;
};

struct PackageChange {
  std::vector<std::size_t> erased;             ///< indexes into `installed`, ascending
  std::vector<model::LockedPackage> installed; ///< sorted
  /// Of the erased ones those that nobody named: they needed something that goes. Ascending.
  std::vector<std::size_t> dependants;
  /// Of those that come, who asked for them: their needs among themselves.
  Resolution reasons;

  bool operator==(const PackageChange&) const = default;
};

using ChangeResult = std::variant<PackageChange, Unsolvable>;

/// The difference between what is there and what is there after the last step: a package that one
/// step removes and a later one brings back in the same version is in neither list. Throws as
/// resolve() does.
ChangeResult resolve_change(const ChangeRequest& request, const base::Cancellation& cancellation);

} // namespace imagewright::resolve
