// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/lock/freshness.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/pipeline/resolve_plan.hpp>
#include <imagewright/policy/system_policy.hpp>

#include "repositories.hpp"

namespace imagewright::pipeline {

namespace {

base::Epoch newest_build_time(const model::ArchitectureLock& lock) {
  base::Epoch newest{};
  for (const model::LockedPackage& package : lock.packages) {
    newest = std::max(newest, package.build_time);
  }
  return newest;
}

/// The lock's entry for this plan when it can be used as it is.
const model::ArchitectureLock* find_fresh(const std::optional<model::Lock>& lock,
                                          const BuildPlan& plan, LockUse use) {
  if (use == LockUse::required) return &require_fresh(lock, plan);
  if (!lock) return nullptr;
  const std::string file = lock::lock_path_of(plan.config.path).string();
  const bool is_stale =
      lock::find_staleness(*lock, file, plan.architecture.name, request_digest(plan)).has_value();
  return is_stale ? nullptr : lock->find(plan.architecture.name);
}

model::ArchitectureLock obtain_lock(const BuildPlan& plan, const ResolveOptions& options,
                                    const Services& services) {
  const std::optional<model::Lock> lock = find_lock(plan.config.path);
  if (const auto* fresh = find_fresh(lock, plan, options.lock_use)) {
    require_baseline(plan, resolution_from(*fresh));
    return *fresh;
  }
  const model::ArchitectureLock* stale = lock ? lock->find(plan.architecture.name) : nullptr;
  if (stale != nullptr) {
    services.reporter.message(report::Level::info,
                              "the lock is stale; packages keep the versions that it has where "
                              "that is possible (imagewright lock renews it)");
  }
  PlanRepositories repositories(plan, options.network, services);
  const auto pins = stale != nullptr ? stale->packages : std::vector<model::LockedPackage>();
  return lock_from(plan, repositories.resolve(plan, pins));
}

std::string weak_word(const BuildPlan& plan) {
  return plan.config.os.packages.recommends == model::Inclusion::included ? "installed" : "ignored";
}

} // namespace

base::Digest request_digest(const BuildPlan& plan) {
  lock::LockQuestion question{.architecture = plan.architecture.name,
                              .packages = plan.packages,
                              .excludes = {},
                              .repositories = plan.repositories,
                              .weak_dependencies = weak_word(plan)};
  for (const resolve::Exclude& exclude : excludes_of(plan)) {
    question.excludes.push_back(exclude.pattern);
  }
  return lock::digest_of(question);
}

std::optional<model::Lock> find_lock(const std::filesystem::path& config) {
  const std::filesystem::path path = lock::lock_path_of(config);
  const auto text = fs::find_file(path, base::ByteSize::mib(256));
  if (!text) return std::nullopt;
  return lock::parse(*text, path.string());
}

ResolvedPlan resolve_plan(BuildPlan plan, model::ArchitectureLock lock, base::Epoch epoch) {
  ResolvedPlan resolved{.plan = std::move(plan), .lock = std::move(lock), .epoch = epoch};
  const BuildPlan& decided = resolved.plan;
  resolved.layout =
      layout_of(decided, fmt::format("{} {} {}", decided.config.name, decided.architecture.name,
                                     resolved.epoch.time_since_epoch().count()));
  policy::SystemPolicyResult policy = policy::system_policy({.config = decided.config,
                                                             .release = decided.release,
                                                             .architecture = decided.architecture,
                                                             .layout = resolved.layout});
  if (policy.diagnostics.has_errors()) throw base::InputError(std::move(policy.diagnostics));
  resolved.policy = std::move(policy.policy);
  return resolved;
}

ResolvedPlan resolve_plan(BuildPlan plan, const ResolveOptions& options, const Services& services) {
  model::ArchitectureLock lock = obtain_lock(plan, options, services);
  const base::Epoch epoch = options.epoch.value_or(newest_build_time(lock));
  return resolve_plan(std::move(plan), std::move(lock), epoch);
}

} // namespace imagewright::pipeline
