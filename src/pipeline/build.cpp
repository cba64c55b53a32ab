// SPDX-License-Identifier: MIT
#include <utility>

#include <imagewright/cache/cache.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/sandbox/privilege.hpp>

#include "compose.hpp"

namespace imagewright::pipeline {

std::vector<fs::PublishedFile> build(const BuildOptions& options, const plan::Services& services) {
  plan::PlannedBuild planned = plan::plan_build(options.plan);
  for (const base::Diagnostic& warning : planned.warnings.items()) {
    services.reporter.warning(warning);
  }
  // Before there are threads, and for everything that follows: the files of a root belong to ids
  // that only root can name.
  sandbox::become_root();
  // Until the last artifact is written nobody cleans up what this build has fetched.
  const cache::Cache cache_in_use(services.cache_directory);
  // Every architecture is resolved before the first is composed: a "no" must not come after minutes
  // of work.
  std::vector<plan::ResolvedPlan> resolved;
  for (plan::BuildPlan& plan : planned.plans) {
    resolved.push_back(plan::resolve_plan(std::move(plan), options.resolve, services));
  }
  std::vector<fs::PublishedFile> published;
  for (const plan::ResolvedPlan& plan : resolved) {
    for (fs::PublishedFile& file : compose(plan, options, services)) {
      published.push_back(std::move(file));
    }
  }
  return published;
}

} // namespace imagewright::pipeline
