// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/lock/freshness.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/plan/lock_freshness.hpp>
#include <imagewright/plan/repositories.hpp>
#include <imagewright/plan/update_lock.hpp>

namespace imagewright::plan {

namespace {

/// Name and architecture: what stays the same when a package moves to another version.
using PackageKey = std::pair<std::string, std::string>;

std::map<PackageKey, std::string> versions_in(const model::ArchitectureLock* lock) {
  std::map<PackageKey, std::string> versions;
  if (lock == nullptr) return versions;
  for (const model::LockedPackage& package : lock->packages) {
    std::string& evr = versions[{package.nevra.name, package.nevra.architecture}];
    // Packages that may be installed in several versions, such as kernels, show all of them.
    evr += evr.empty() ? package.nevra.evr() : ", " + package.nevra.evr();
  }
  return versions;
}

std::vector<std::string> changes_between(const model::ArchitectureLock* before,
                                         const model::ArchitectureLock& after) {
  const auto old_versions = versions_in(before);
  const auto new_versions = versions_in(&after);
  std::map<PackageKey, std::string> lines;
  for (const auto& [key, evr] : old_versions) {
    if (!new_versions.contains(key)) {
      lines[key] = fmt::format("- {}-{}.{}", key.first, evr, key.second);
    }
  }
  for (const auto& [key, evr] : new_versions) {
    const auto old = old_versions.find(key);
    if (old == old_versions.end()) {
      lines[key] = fmt::format("+ {}-{}.{}", key.first, evr, key.second);
    } else if (old->second != evr) {
      lines[key] = fmt::format("  {}.{}: {} → {}", key.first, key.second, old->second, evr);
    }
  }
  std::vector<std::string> changes;
  for (auto& [key, line] : lines)
    changes.push_back(std::move(line));
  return changes;
}

/// The packages that must stay: those of the old lock, less those that may move.
std::vector<model::LockedPackage> pins_for(const model::ArchitectureLock* old,
                                           const LockOptions& options) {
  if (old == nullptr) return {};
  return options.updated ? lock::pins_of(*old, *options.updated) : old->packages;
}

} // namespace

LockSummary update_lock(const LockOptions& options, const Services& services) {
  const PlannedBuild planned = plan_build(options.plan);
  const std::filesystem::path path = lock::lock_path_of(options.plan.config);
  const std::optional<model::Lock> old = find_lock(options.plan.config);
  model::Lock renewed = old.value_or(model::Lock{});
  LockSummary summary{.path = path};
  for (const BuildPlan& plan : planned.plans) {
    if (options.action == LockAction::check) {
      summary.package_count += require_fresh(old, plan).packages.size();
      continue;
    }
    const model::ArchitectureLock* before = old ? old->find(plan.architecture.name) : nullptr;
    PlanRepositories repositories(plan, options.network, services);
    model::ArchitectureLock entry =
        lock_from(plan, repositories.resolve(plan, pins_for(before, options)));
    summary.package_count += entry.packages.size();
    for (std::string& change : changes_between(before, entry)) {
      summary.changes.push_back(std::move(change));
    }
    renewed = lock::with_architecture(std::move(renewed), std::move(entry));
  }
  if (options.action == LockAction::write && (!old || renewed != *old)) {
    fs::write_file_atomically(path, lock::to_text(renewed));
    summary.is_written = true;
  }
  return summary;
}

} // namespace imagewright::plan
