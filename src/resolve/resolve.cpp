// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/resolve/resolve.hpp>

#include "package_pool.hpp"
#include "reachable_files.hpp"
#include "request_matcher.hpp"
#include "resolution_builder.hpp"
#include "solution_store.hpp"
#include "solver_jobs.hpp"
#include "stored_choice.hpp"
#include "unmatched_request.hpp"

namespace imagewright::resolve {

namespace {

/// A pool and what the requests mean in it.
struct Question {
  Question(const ResolveRequest& request, FileLists file_lists,
           const base::Cancellation& cancellation)
      : pool(request, file_lists, cancellation) {
    for (const model::PackageRequest& item : request.packages) {
      matches.push_back(match_request(pool, item.spec));
    }
    for (const model::PackageRequest& item : request.stored)
      stored_matches.push_back(match_request(pool, item.spec));
  }

  PackagePool pool;
  std::vector<RequestMatch> matches;
  std::vector<RequestMatch> stored_matches;
};

bool needs_file_lists(const Question& question) {
  std::vector<Id> start;
  const auto& requests = question.pool.request().packages;
  for (std::size_t index = 0; index < requests.size(); ++index) {
    const auto& candidates = question.matches[index].candidates;
    if (candidates.empty() && requests[index].spec.starts_with('/')) return true;
    start.insert(start.end(), candidates.begin(), candidates.end());
  }
  for (const Exclude& exclude : question.pool.request().excludes) {
    if (exclude.pattern.starts_with('/') && !is_in_primary(exclude.pattern)) return true;
  }
  return needs_file_lists(question.pool, start);
}

std::unique_ptr<Question> ask(const ResolveRequest& request,
                              const base::Cancellation& cancellation) {
  if (request.file_lists == FileListUse::of_every_package && can_have_file_lists(request)) {
    auto complete = std::make_unique<Question>(request, FileLists::complete, cancellation);
    cancellation.check();
    return complete;
  }
  auto question = std::make_unique<Question>(request, FileLists::primary_only, cancellation);
  cancellation.check();
  if (!can_have_file_lists(request) || !needs_file_lists(*question)) return question;
  question = std::make_unique<Question>(request, FileLists::complete, cancellation);
  cancellation.check();
  return question;
}

/// In the order of their texts: the order in which they were listed must not matter.
void add_requests(SolverJobs& jobs, const Question& question) {
  const auto& requests = question.pool.request().packages;
  std::vector<std::size_t> order(requests.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return requests[left].spec < requests[right].spec;
  });
  for (const std::size_t index : order)
    jobs.add_installation(question.matches[index], index);
}

bool is_pinned(const PackagePool& pool, Id package, const std::vector<model::LockedPackage>& pins) {
  const model::Nevra nevra = pool.nevra_of(package);
  const auto found = std::lower_bound(
      pins.begin(), pins.end(), nevra,
      [](const model::LockedPackage& pin, const model::Nevra& value) { return pin.nevra < value; });
  return found != pins.end() && found->nevra == nevra;
}

/// A pin is a preference: the solver leaves it when nothing else fits.
void add_pins(SolverJobs& jobs, const PackagePool& pool) {
  std::vector<model::LockedPackage> pins = pool.request().pins;
  if (pins.empty()) return;
  std::sort(pins.begin(), pins.end());
  for (const Id package : pool.all_packages()) {
    if (pool.is_usable(package) && is_pinned(pool, package, pins)) {
      jobs.add(SOLVER_FAVOR | SOLVER_SOLVABLE, package, k_no_request);
    }
  }
}

std::vector<base::Diagnostic> explain_all_unmatched(const Question& question) {
  std::vector<base::Diagnostic> problems = question.pool.exclude_problems();
  const auto& requests = question.pool.request().packages;
  for (std::size_t index = 0; index < requests.size(); ++index) {
    if (!question.matches[index].candidates.empty()) continue;
    problems.push_back(explain_unmatched(question.pool, requests[index]));
  }
  const auto& stored = question.pool.request().stored;
  for (std::size_t index = 0; index < stored.size(); ++index) {
    const auto& candidates = question.stored_matches[index].candidates;
    const bool has_usable = std::ranges::any_of(
        candidates, [&](Id candidate) { return question.pool.is_usable(candidate); });
    if (!has_usable) problems.push_back(explain_unmatched(question.pool, stored[index]));
  }
  return problems;
}

/// Absent when a repository that packages were chosen from has none.
std::optional<std::vector<std::string>> files_of(const PackagePool& pool,
                                                 const std::vector<Id>& chosen) {
  std::vector<std::string> files;
  for (const Id package : chosen) {
    if (!pool.snapshot_of(package).filelists) return std::nullopt;
    for (std::string& file : pool.files_of(package))
      files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

} // namespace

namespace {

ResolveResult solve(const ResolveRequest& request, const base::Cancellation& cancellation) {
  const std::unique_ptr<Question> question = ask(request, cancellation);
  SolverJobs jobs;
  add_requests(jobs, *question);
  add_pins(jobs, question->pool);
  const SolverPointer solver = make_solver(question->pool);
  const bool is_solved = solver_solve(solver.get(), jobs.queue.get()) == 0;
  cancellation.check();
  Unsolvable unsolvable{explain_all_unmatched(*question)};
  if (!is_solved) {
    auto problems = report_problems(question->pool, solver.get(), question->matches, jobs.origins);
    std::move(problems.begin(), problems.end(), std::back_inserter(unsolvable.problems));
  }
  if (!unsolvable.problems.empty()) return unsolvable;
  const std::vector<Id> chosen = chosen_packages(solver.get());
  Resolution resolution = build_resolution(question->pool, chosen, question->matches);
  resolution.stored = choose_stored(question->pool, question->stored_matches);
  if (request.file_lists == FileListUse::of_every_package)
    resolution.files = files_of(question->pool, chosen);
  return resolution;
}

} // namespace

ResolveResult resolve(const ResolveRequest& request, const base::Cancellation& cancellation) {
  if (request.solution_cache.empty()) return solve(request, cancellation);
  const std::string text = text_of(request);
  if (auto known = find_solution(request, text)) return *std::move(known);
  ResolveResult result = solve(request, cancellation);
  const Resolution* resolution = std::get_if<Resolution>(&result);
  // What is odd about the repositories is said with its place each time.
  if (resolution != nullptr && resolution->warnings.empty())
    keep_solution(request, text, *resolution);
  return result;
}

} // namespace imagewright::resolve
