// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/lock/freshness.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/plan/customize_lock.hpp>
#include <imagewright/plan/lock_freshness.hpp>

namespace imagewright::plan {

std::string weak_dependencies_word(const model::PackagesConfig& packages) {
  return packages.recommends == model::Inclusion::included ? "installed" : "ignored";
}

std::vector<resolve::Exclude> excludes_of(const BuildPlan& plan) {
  std::vector<resolve::Exclude> excludes;
  for (const model::LocatedText& exclude : plan.config.os.packages.exclude) {
    excludes.push_back({exclude.text, exclude.where});
  }
  for (const model::PackageRequest& removed : plan.config.os.packages.remove) {
    excludes.push_back({removed.spec, removed.where});
  }
  return excludes;
}

std::vector<model::PackageRequest> stored_requests(const BuildPlan& plan) {
  std::vector<model::PackageRequest> requests;
  for (const model::StoredPackages& stored : plan.config.os.packages.stored)
    requests.insert(requests.end(), stored.packages.begin(), stored.packages.end());
  return requests;
}

std::vector<model::LockedPackage> packages_of(const std::vector<model::StoredPackage>& stored) {
  std::vector<model::LockedPackage> packages;
  for (const model::StoredPackage& each : stored)
    packages.push_back(each.package);
  std::sort(packages.begin(), packages.end());
  packages.erase(std::unique(packages.begin(), packages.end()), packages.end());
  return packages;
}

lock::LockQuestion lock_question(const BuildPlan& plan) {
  lock::LockQuestion question{.architecture = plan.architecture.name,
                              .packages = plan.packages,
                              .excludes = {},
                              .repositories = plan.repositories,
                              .weak_dependencies = weak_dependencies_word(plan.config.os.packages),
                              .container_images = plan.container_images};
  if (const auto& time = plan.config.os.packages.snapshot_time)
    question.snapshot = base::to_iso8601(time->value);
  for (const resolve::Exclude& exclude : excludes_of(plan)) {
    question.excludes.push_back(exclude.pattern);
  }
  for (const auto& [packages, directory] : plan.config.os.packages.stored) {
    for (const model::PackageRequest& request : packages)
      question.wishes.push_back(fmt::format("store {} in {}", request.spec, directory.text));
  }
  return question;
}

std::optional<model::Lock> find_lock(const std::filesystem::path& config) {
  auto lock = find_lock_with_bases(config);
  return lock ? std::optional(std::move(lock->lock)) : std::nullopt;
}

const model::ArchitectureLock* find_fresh(const std::optional<model::Lock>& lock,
                                          const BuildPlan& plan) {
  if (!lock) return nullptr;
  const std::string file = lock::lock_path_of(plan.config.path).string();
  const bool is_stale = lock::find_staleness(*lock, file, lock_question(plan)).has_value();
  return is_stale ? nullptr : lock->find(plan.architecture.name);
}

const model::ArchitectureLock& require_fresh(const std::optional<model::Lock>& lock,
                                             const BuildPlan& plan) {
  const std::string file = lock::lock_path_of(plan.config.path).string();
  if (!lock) {
    throw base::Error(base::FailureKind::verification, "pipeline.lock-missing",
                      fmt::format("there is no lock file {}", file),
                      fmt::format("make one: imagewright lock {}", plan.config.path.string()));
  }
  const auto staleness = lock::find_staleness(*lock, file, lock_question(plan));
  if (staleness) throw base::Error(base::FailureKind::verification, *staleness);
  return *lock->find(plan.architecture.name);
}

} // namespace imagewright::plan
