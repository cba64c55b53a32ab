// SPDX-License-Identifier: MIT
#pragma once

// From a plan to the exact package set, through the lock file or the resolver.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/lock.hpp>
#include <imagewright/model/policy.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::plan {

enum class LockUse : std::uint8_t {
  when_fresh, ///< a fresh lock is used; otherwise packages are resolved, keeping what an older lock
              ///< pins
  required,   ///< a missing or stale lock is an error
};

enum class MissingLock : std::uint8_t {
  usual, ///< nothing is said
  told,  ///< a warning: where a pipeline builds, other packages another day are a surprise
};

enum class NetworkUse : std::uint8_t {
  allowed,
  forbidden, ///< only the cache and local directories
};

enum class PackageFileUse : std::uint8_t {
  none,
  /// What the config names and packages have to bring is looked for in the lists of their files,
  /// where packages are resolved anew.
  held_against_config,
};

struct ResolveOptions {
  LockUse lock_use = LockUse::when_fresh;
  MissingLock missing_lock = MissingLock::usual;
  NetworkUse network = NetworkUse::allowed;
  PackageFileUse package_files = PackageFileUse::none;
  /// Overrides the newest build time among the packages.
  std::optional<base::Epoch> epoch;
};

/// A plan with everything decided that depends on packages.
struct ResolvedPlan {
  BuildPlan plan;
  model::ArchitectureLock lock;
  base::Epoch epoch{};
  model::DiskLayout layout;
  /// What config, release and layout imply.
  model::SystemPolicy policy;
  /// How the root becomes a bootable one; only the tool's version is missing.
  finalize::FinalizePlan finalize;
  /// Files that were fetched for this plan and stand nowhere else; shared by its copies.
  std::shared_ptr<const fs::TemporaryDirectory> fetched;
};

/// Decides the package set by the lock or the resolver, asserts the baseline, and decides epoch and
/// layout. Throws base::InputError (unsolvable, or a clash with the layout) and base::Error.
ResolvedPlan resolve_plan(BuildPlan plan, const ResolveOptions& options, const Services& services);

/// The same when the packages and the epoch are known already. Throws base::InputError.
ResolvedPlan resolve_plan(BuildPlan plan, model::ArchitectureLock lock, base::Epoch epoch);

} // namespace imagewright::plan
