// SPDX-License-Identifier: MIT
#include <cerrno>
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

#include "compose.hpp"
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

} // namespace

BuildResult build(const BuildOptions& options, const plan::Services& services) {
  require_place_for(options.report_file);
  plan::PlannedBuild planned = plan::plan_build(options.plan);
  for (const base::Diagnostic& warning : planned.warnings.items()) {
    services.reporter.warning(warning);
  }
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
    resolved.push_back(plan::resolve_plan(std::move(plan), options.resolve, services));
  }
  for (plan::ResolvedPlan& plan : resolved) {
    plan::fetch_remote_files(plan, options.resolve.network, services);
    fetch_stored_packages(plan, options.resolve.network, services);
  }
  if (decided.output_directory.empty() && !resolved.empty())
    decided.output_directory = plan::output_directory_of(resolved.front().plan);
  BuildResult result;
  for (const plan::ResolvedPlan& plan : resolved) {
    result.package_count += plan.lock.packages.size();
    for (fs::PublishedFile& file : compose(plan, decided, services)) {
      result.files.push_back(std::move(file));
    }
  }
  return result;
}

} // namespace imagewright::pipeline
