// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/resolve/change.hpp>

#include "package_pool.hpp"
#include "request_matcher.hpp"
#include "resolution_builder.hpp"
#include "solver_jobs.hpp"
#include "system_repository.hpp"
#include "unmatched_request.hpp"

namespace imagewright::resolve {

namespace {

/// Every wish of the request, so that problems can name the line of each.
ResolveRequest with_every_wish(const ChangeRequest& request) {
  ResolveRequest question = request.question;
  auto& wishes = question.packages;
  wishes = request.removed;
  wishes.insert(wishes.end(), request.question.packages.begin(), request.question.packages.end());
  wishes.insert(wishes.end(), request.updated.begin(), request.updated.end());
  return question;
}

enum class Dependants : std::uint8_t { stay, go_along };

class ChangeSolver {
public:
  ChangeSolver(const ChangeRequest& request, const base::Cancellation& cancellation)
      : request_(request), cancellation_(cancellation), question_(with_every_wish(request)),
        pool_(question_,
              can_have_file_lists(question_) ? FileLists::complete : FileLists::primary_only,
              cancellation),
        system_(pool_, request.installed) {}

  ChangeResult run() {
    Unsolvable& no = unsolvable_;
    no.problems = pool_.exclude_problems();
    remove();
    if (no.problems.empty()) update_all();
    if (no.problems.empty()) install();
    if (no.problems.empty()) update();
    if (!no.problems.empty()) return std::move(no);
    return difference();
  }

private:
  const model::PackageRequest& wish(std::size_t index) const { return question_.packages[index]; }

  bool is_installed(Id package) const { return system_.origins().contains(package); }

  /// What a wish means now; its place is where problems look for it.
  const RequestMatch& match(std::size_t index) {
    matches_.resize(question_.packages.size());
    matches_[index] = match_request(pool_, wish(index).spec);
    return matches_[index];
  }

  std::vector<Id> installed_of(const RequestMatch& match) const {
    std::vector<Id> installed;
    std::ranges::copy_if(match.candidates, std::back_inserter(installed),
                         [&](Id package) { return is_installed(package); });
    return installed;
  }

  void refuse_absent(std::size_t index) {
    std::vector<std::string> names;
    for (const auto& [package, origin] : system_.origins())
      names.push_back(pool_.nevra_of(package).name);
    std::string hint = base::did_you_mean(wish(index).spec, names);
    if (hint.empty()) hint = "imagewright inspect BASE --json lists the packages that the base has";
    unsolvable_.problems.push_back(
        {.code = "resolve.not-installed",
         .message = fmt::format("the base has no package {}", base::quoted(wish(index).spec)),
         .where = wish(index).where,
         .hint = std::move(hint)});
  }

  void set_repositories(bool are_used) {
    for (Id number = 1; number < pool_.get()->nrepos; ++number) {
      Repo* repository = pool_.get()->repos[number];
      if (repository != nullptr && repository != system_.get())
        repository->disabled = are_used ? 0 : 1;
    }
    pool_createwhatprovides(pool_.get());
  }

  /// Nothing is brought in to keep others alive: whoever needs what goes, goes as well.
  void remove() {
    if (request_.removed.empty()) return;
    set_repositories(false);
    SolverJobs jobs;
    for (std::size_t index = 0; index < request_.removed.size(); ++index) {
      const std::vector<Id> packages = installed_of(match(index));
      if (packages.empty()) refuse_absent(index);
      for (const Id package : packages) {
        named_.insert(pool_.nevra_of(package));
        jobs.add(SOLVER_ERASE | SOLVER_SOLVABLE, package, index);
      }
    }
    if (unsolvable_.problems.empty()) solve(jobs, Dependants::go_along);
    set_repositories(true);
  }

  void update_all() {
    if (!request_.update_all) return;
    SolverJobs jobs;
    jobs.add(SOLVER_UPDATE | SOLVER_SOLVABLE_ALL, 0, k_no_request);
    solve(jobs, Dependants::stay);
  }

  void install() {
    if (request_.question.packages.empty()) return;
    SolverJobs jobs;
    for (std::size_t each = 0; each < request_.question.packages.size(); ++each) {
      const std::size_t index = request_.removed.size() + each;
      const RequestMatch& found = match(index);
      if (found.candidates.empty())
        unsolvable_.problems.push_back(explain_unmatched(pool_, wish(index)));
      jobs.add_installation(found, index);
    }
    if (unsolvable_.problems.empty()) solve(jobs, Dependants::stay);
  }

  void update() {
    if (request_.updated.empty()) return;
    SolverJobs jobs;
    const std::size_t first = request_.removed.size() + request_.question.packages.size();
    for (std::size_t index = first; index < question_.packages.size(); ++index)
      add_update(index, jobs);
    if (unsolvable_.problems.empty()) solve(jobs, Dependants::stay);
  }

  void add_update(std::size_t index, SolverJobs& jobs) {
    const RequestMatch& found = match(index);
    const std::vector<Id> installed = installed_of(found);
    for (const Id package : installed)
      jobs.add(SOLVER_UPDATE | SOLVER_SOLVABLE, package, index);
    if (!installed.empty()) return;
    // A version that is not the installed one is what to update to.
    const bool is_other_version = std::ranges::any_of(found.candidates, [&](Id package) {
      return std::ranges::any_of(system_.origins(), [&](const auto& each) {
        return pool_.nevra_of(each.first).name == pool_.nevra_of(package).name;
      });
    });
    if (!is_other_version) return refuse_absent(index);
    jobs.add_installation(found, index);
  }

  void allow_several_versions(SolverJobs& jobs) {
    for (const std::string& name : request_.several_versions)
      jobs.add(SOLVER_MULTIVERSION | SOLVER_SOLVABLE_NAME,
               pool_str2id(pool_.get(), name.c_str(), 1), k_no_request);
  }

  void solve(SolverJobs& jobs, Dependants dependants) {
    allow_several_versions(jobs);
    const SolverPointer solver = make_solver(pool_);
    solver_set_flag(solver.get(), SOLVER_FLAG_ALLOW_VENDORCHANGE, 1);
    solver_set_flag(solver.get(), SOLVER_FLAG_ALLOW_UNINSTALL,
                    dependants == Dependants::go_along ? 1 : 0);
    const bool is_solved = solver_solve(solver.get(), jobs.queue.get()) == 0;
    cancellation_.check();
    if (!is_solved) {
      matches_.resize(question_.packages.size());
      auto problems = report_problems(pool_, solver.get(), matches_, jobs.origins);
      std::ranges::move(problems, std::back_inserter(unsolvable_.problems));
      return;
    }
    system_.replace_by(chosen_packages(solver.get()));
  }

  PackageChange difference() {
    std::vector<Id> from_repositories;
    std::set<std::size_t> kept;
    std::vector<model::LockedPackage> come;
    for (const auto& [package, origin] : system_.origins()) {
      if (const auto* base = std::get_if<FromBase>(&origin))
        kept.insert(base->index);
      else
        from_repositories.push_back(std::get<FromRepository>(origin).package);
    }
    for (const Id package : from_repositories)
      come.push_back(locked_package(pool_, package));
    PackageChange change;
    matches_.resize(question_.packages.size());
    change.reasons = build_resolution(pool_, from_repositories, matches_);
    for (std::size_t index = 0; index < request_.installed.size(); ++index) {
      if (kept.contains(index)) continue;
      const model::Nevra& nevra = request_.installed[index].nevra;
      // Removed and brought back is not touched at all.
      const auto back = std::ranges::find(
          come, nevra, [](const model::LockedPackage& each) { return each.nevra; });
      if (back != come.end()) {
        come.erase(back);
        continue;
      }
      change.erased.push_back(index);
      const bool is_replaced = std::ranges::any_of(
          come, [&](const model::LockedPackage& each) { return each.nevra.name == nevra.name; });
      if (!named_.contains(nevra) && !is_replaced) change.dependants.push_back(index);
    }
    std::ranges::sort(come);
    change.installed = std::move(come);
    return change;
  }

  const ChangeRequest& request_;
  const base::Cancellation& cancellation_;
  ResolveRequest question_;
  PackagePool pool_;
  SystemRepository system_;
  std::vector<RequestMatch> matches_;
  std::set<model::Nevra> named_;
  Unsolvable unsolvable_;
};

} // namespace

ChangeResult resolve_change(const ChangeRequest& request, const base::Cancellation& cancellation) {
  return ChangeSolver(request, cancellation).run();
}

} // namespace imagewright::resolve
