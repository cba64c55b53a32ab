// SPDX-License-Identifier: MIT
#pragma once

// The repositories of one plan, open for fetching, and questions to the resolver over them.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/cache/cache.hpp>
#include <imagewright/model/lock.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/repo/repository_set.hpp>
#include <imagewright/resolve/request.hpp>
#include <imagewright/resolve/resolution.hpp>

namespace imagewright::plan {

/// A resolution, and the metadata that it is the answer over.
struct ResolvedPackages {
  resolve::Resolution resolution;
  std::vector<model::RepositorySnapshot> snapshots;
};

enum class BaselineUse : std::uint8_t { asserted, ignored };

/// How the resolver is asked.
struct ResolveManner {
  BaselineUse baseline = BaselineUse::asserted;
  resolve::FileListUse file_lists = resolve::FileListUse::where_needed;
  /// In place of the config's own.
  std::optional<base::Epoch> snapshot = {};
  /// Of what is stored those that stay where they can.
  std::vector<model::LockedPackage> stored_pins = {};
};

/// Cache and repositories of one plan. Keeps references to the services.
class PlanRepositories {
public:
  PlanRepositories(const BuildPlan& plan, NetworkUse network, const Services& services);

  repo::RepositorySet& set() { return set_; }

  /// Asks the resolver, whatever a lock says; keeps `pins` where it can.
  /// Throws base::InputError of FailureKind::unsolvable.
  ResolvedPackages resolve(const BuildPlan& plan, const std::vector<model::LockedPackage>& pins,
                           ResolveManner manner = {});

  /// For each path that packages have the names of those that the config may ask for.
  std::map<std::string, std::vector<std::string>>
  find_bringers(const BuildPlan& plan, const std::vector<model::RepositorySnapshot>& snapshots,
                const std::vector<std::string>& paths);

private:
  const Services& services_;
  cache::Cache cache_;
  repo::RepositorySet set_;
};

/// The lock entry that a resolution amounts to.
model::ArchitectureLock lock_from(const BuildPlan& plan, const ResolvedPackages& resolved);

/// Throws base::InputError when the packages miss the release's baseline.
void require_baseline(const BuildPlan& plan, const resolve::Resolution& resolution);

/// A resolution that holds no more than the packages of a lock: enough to assert the baseline.
resolve::Resolution resolution_from(const model::ArchitectureLock& lock);

} // namespace imagewright::plan
