// SPDX-License-Identifier: MIT
#include "resolver_question.hpp"

#include <optional>
#include <utility>

#include <imagewright/base/error.hpp>

namespace imagewright::plan {

namespace {

std::optional<resolve::Snapshot> snapshot_of(const model::PackagesConfig& packages) {
  const auto& time = packages.snapshot_time;
  if (!time) return std::nullopt;
  return resolve::Snapshot{.time = time->value, .where = time->where};
}

} // namespace

resolve::ResolveRequest resolver_question(const BuildPlan& plan, repo::RepositorySet& repositories,
                                          std::vector<model::RepositorySnapshot> snapshots,
                                          const std::filesystem::path& cache_directory) {
  return {.architecture = plan.architecture,
          .repositories = std::move(snapshots),
          .packages = {},
          .excludes = {},
          .pins = {},
          .weak_dependencies = plan.config.os.packages.recommends == model::Inclusion::included
                                   ? resolve::WeakDependencies::installed
                                   : resolve::WeakDependencies::ignored,
          .load_filelists =
              [&repositories](const model::RepositorySnapshot& snapshot) {
                return repositories.load_filelists(snapshot);
              },
          .snapshot = snapshot_of(plan.config.os.packages),
          .metadata_cache = cache_directory / "solv",
          .solution_cache = cache_directory / "solutions"};
}

void throw_unsolvable(const resolve::Unsolvable& unsolvable) {
  base::Diagnostics problems;
  for (const base::Diagnostic& problem : unsolvable.problems)
    problems.add(problem);
  throw base::InputError(std::move(problems), base::FailureKind::unsolvable);
}

} // namespace imagewright::plan
