// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/cache/cache.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/pipeline/ladder.hpp>
#include <imagewright/plan/fetch_files.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/sandbox/privilege.hpp>

#include "bringers.hpp"
#include "compose.hpp"
#include "compose_beside.hpp"
#include "stages/kept_warnings.hpp"
#include "stages/unchanged_build.hpp"
#include "stored_packages.hpp"

namespace imagewright::pipeline {

namespace {

/// A report that cannot be written is no reason to have built for minutes.
void require_place_for(const std::filesystem::path& report) {
  if (report.empty()) return;
  const std::filesystem::path directory = std::filesystem::absolute(report).parent_path();
  std::error_code ignored;
  std::string problem;
  if (!std::filesystem::is_directory(directory, ignored)) {
    problem = "its directory is not there";
  } else if (std::filesystem::is_directory(report, ignored)) {
    problem = "it is a directory";
  } else if (std::filesystem::exists(report, ignored) ? ::access(report.c_str(), W_OK) != 0
                                                      : ::access(directory.c_str(), W_OK) != 0) {
    problem = std::generic_category().message(errno);
  }
  if (problem.empty()) return;
  throw base::Error(
      base::FailureKind::input, "pipeline.cannot-write-report",
      fmt::format("the report cannot be written to {}: {}", base::quoted(report.string()), problem),
      "give --report the name of a file in a directory that is there");
}

/// The images of all architectures, in order: the first here, the others beside it where that is
/// possible.
std::vector<ComposedImage> compose_all(const std::vector<plan::ResolvedPlan>& plans,
                                       const BuildOptions& options,
                                       const plan::Services& services) {
  const bool is_beside = plans.size() > 1 && may_compose_beside(options, services);
  std::vector<std::unique_ptr<BesideComposition>> others;
  for (std::size_t index = 1; is_beside && index < plans.size(); ++index)
    others.push_back(std::make_unique<BesideComposition>(plans[index], options, services));
  std::vector<ComposedImage> images;
  for (std::size_t index = 0; index < plans.size(); ++index) {
    try {
      images.push_back(is_beside && index > 0 ? others[index - 1]->finish()
                                              : compose(plans[index], options, services));
    } catch (const base::Error& error) {
      throw with_bringers(error, plans[index], services);
    }
  }
  return images;
}

} // namespace

BuildResult build(const BuildOptions& options, const plan::Services& services) {
  require_place_for(options.report_file);
  UnchangedBuild unchanged(options, services);
  if (auto result = unchanged.recall()) return *std::move(result);
  KeptWarnings warnings(services.reporter);
  const plan::Services planning{.reporter = warnings,
                                .cancellation = services.cancellation,
                                .clock = services.clock,
                                .cache_directory = services.cache_directory,
                                .thread_count = services.thread_count};
  plan::PlannedBuild planned = plan::plan_build(options.plan);
  for (const base::Diagnostic& warning : planned.warnings.items())
    warnings.warning(warning);
  // Before there are threads, and for everything that follows: the files of a root belong to ids
  // that only root can name.
  BuildOptions decided = options;
  decided.rung = choose_rung(options.rung, services.reporter);
  sandbox::become_root(*decided.rung);
  // Until the last artifact is written nobody cleans up what this build has fetched.
  const cache::Cache cache_in_use(services.cache_directory);
  // Every architecture is resolved before the first is composed: a "no" must not come after minutes
  // of work.
  std::vector<plan::ResolvedPlan> resolved;
  for (plan::BuildPlan& plan : planned.plans) {
    resolved.push_back(plan::resolve_plan(std::move(plan), options.resolve, planning));
  }
  for (plan::ResolvedPlan& plan : resolved) {
    plan::fetch_remote_files(plan, options.resolve.network, planning);
    fetch_stored_packages(plan, options.resolve.network, planning);
  }
  if (decided.output_directory.empty() && !resolved.empty())
    decided.output_directory = plan::output_directory_of(resolved.front().plan);
  for (const plan::ResolvedPlan& plan : resolved)
    plan::refuse_overwritten_inputs(plan.plan, decided.output_directory);
  unchanged.watch(resolved, decided.output_directory, warnings.all());
  const std::vector<ComposedImage> composed = compose_all(resolved, decided, services);
  BuildResult result;
  std::vector<BuiltImage> images;
  for (std::size_t index = 0; index < resolved.size(); ++index) {
    const std::size_t package_count = resolved[index].lock.packages.size();
    result.package_count += package_count;
    std::ranges::copy(composed[index].files, std::back_inserter(result.files));
    images.push_back({name_of(resolved[index]), package_count, composed[index].inputs});
  }
  unchanged.keep(images);
  return result;
}

} // namespace imagewright::pipeline
