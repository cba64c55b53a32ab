// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/lock/freshness.hpp>
#include <imagewright/plan/lock_freshness.hpp>
#include <imagewright/plan/repositories.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/resolve/baseline.hpp>
#include <imagewright/resolve/bringers.hpp>
#include <imagewright/resolve/resolve.hpp>

#include "resolver_question.hpp"

namespace imagewright::plan {

namespace {

repo::FetchOptions fetch_options(const BuildPlan& plan, NetworkUse network, unsigned thread_count) {
  return {.network =
              network == NetworkUse::allowed ? repo::Network::allowed : repo::Network::forbidden,
          .thread_count = thread_count,
          .key_places = plan.key_places,
          .key_sources = plan.release.keys,
          .given_keys = plan.given_keys,
          .moved_repositories = plan.moved_repositories};
}

/// The release's baseline. A kernel of the user's own choice replaces the release's demand by the
/// user's.
std::vector<model::BaselineEntry> baseline_of(const BuildPlan& plan) {
  std::vector<model::BaselineEntry> baseline = plan.release.baseline;
  // What a role demands that is left out ("-NAME"), nothing of the image has to keep.
  for (const model::LocatedText& role : plan.config.os.packages.roles) {
    std::erase_if(baseline, [&](const auto& entry) { return "-" + entry.subject == role.text; });
  }
  const model::KernelConfig& kernel = plan.config.os.kernel;
  if (kernel.package) {
    std::erase_if(baseline, [](const auto& entry) { return entry.subject == "kernel"; });
  }
  const auto& mode = plan.config.os.uki_mode;
  if (mode && mode->value == model::UkiMode::passthrough) {
    for (model::BaselineEntry& entry : baseline) {
      if (entry.subject == "kernel") entry.subject = "unified-kernel";
    }
  }
  if (kernel.series) {
    baseline.push_back({.subject = kernel.package ? kernel.package->text : "kernel",
                        .series = kernel.series->text,
                        .where = kernel.series->where});
  }
  return baseline;
}

} // namespace

PlanRepositories::PlanRepositories(const BuildPlan& plan, NetworkUse network,
                                   const Services& services)
    : services_(services), cache_(services.cache_directory),
      set_(plan.repositories, plan.architecture.name,
           fetch_options(plan, network, services.thread_count),
           {cache_, services.reporter, services.cancellation}) {}

ResolvedPackages PlanRepositories::resolve(const BuildPlan& plan,
                                           const std::vector<model::LockedPackage>& pins,
                                           ResolveManner manner) {
  report::StageScope metadata_stage(services_.reporter, "metadata");
  std::vector<model::RepositorySnapshot> snapshots = set_.load_snapshots();
  report::StageScope stage(services_.reporter, "resolve");
  resolve::ResolveRequest request =
      resolver_question(plan, set_, snapshots, services_.cache_directory);
  request.packages = plan.packages;
  request.excludes = excludes_of(plan);
  request.stored = stored_requests(plan);
  request.stored_pins = manner.stored_pins;
  request.pins = pins;
  request.file_lists = manner.file_lists;
  if (manner.snapshot) request.snapshot = resolve::Snapshot{.time = *manner.snapshot};
  auto resolution =
      require_answer<resolve::Resolution>(resolve::resolve(request, services_.cancellation));
  for (const base::Diagnostic& warning : resolution.warnings)
    services_.reporter.warning(warning);
  if (manner.baseline == BaselineUse::asserted) require_baseline(plan, resolution);
  stage.set_summary(fmt::format("{} packages", resolution.packages.size()));
  return {std::move(resolution), std::move(snapshots)};
}

std::map<std::string, std::vector<std::string>>
PlanRepositories::find_bringers(const BuildPlan& plan,
                                const std::vector<model::RepositorySnapshot>& snapshots,
                                const std::vector<std::string>& paths) {
  resolve::ResolveRequest request =
      resolver_question(plan, set_, snapshots, services_.cache_directory);
  request.excludes = excludes_of(plan);
  return resolve::find_bringers(request, paths, services_.cancellation);
}

namespace {

/// Where each of the requests for packages that are stored has them put.
std::vector<std::string> stored_directories(const BuildPlan& plan) {
  std::vector<std::string> directories;
  for (const model::StoredPackages& stored : plan.config.os.packages.stored)
    directories.insert(directories.end(), stored.packages.size(), stored.directory.text);
  return directories;
}

std::vector<model::StoredPackage> stored_packages(const BuildPlan& plan,
                                                  const resolve::Resolution& resolution) {
  const auto directories = stored_directories(plan);
  std::vector<model::StoredPackage> stored;
  for (const auto& [request, package] : resolution.stored)
    stored.push_back({package, directories.at(request)});
  std::sort(stored.begin(), stored.end());
  stored.erase(std::unique(stored.begin(), stored.end()), stored.end());
  return stored;
}

} // namespace

model::ArchitectureLock lock_from(const BuildPlan& plan, const ResolvedPackages& resolved) {
  const lock::LockQuestion question = lock_question(plan);
  return {.architecture = plan.architecture.name,
          .request = lock::digest_of(question),
          .asked = lock::lines_of(question),
          .repositories = lock::locked_repositories(resolved.snapshots),
          .packages = resolved.resolution.packages,
          .container_images = plan.container_images,
          .stored = stored_packages(plan, resolved.resolution)};
}

void require_baseline(const BuildPlan& plan, const resolve::Resolution& resolution) {
  base::Diagnostics missed = resolve::check_baseline(resolution, baseline_of(plan),
                                                     plan.release.roles, plan.architecture.name);
  if (missed.has_errors()) {
    throw base::InputError(std::move(missed), base::FailureKind::unsolvable);
  }
}

resolve::Resolution resolution_from(const model::ArchitectureLock& lock) {
  resolve::Resolution resolution{.packages = lock.packages};
  for (std::size_t index = 0; index < lock.packages.size(); ++index) {
    resolution.providers[lock.packages[index].nevra.name].push_back(index);
  }
  return resolution;
}

} // namespace imagewright::plan
