// SPDX-License-Identifier: MIT
#include "problem_report.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "problem_chain.hpp"

namespace imagewright::resolve {

namespace {

/// One thing that cannot be, in the order of how much it explains.
struct Fact {
  int rank = 0;
  std::string code;
  std::string text;
  std::string hint;
  std::optional<base::SourceLocation> where; ///< of an exclude that is to blame
  Id package = 0;                            ///< to which the chain leads

  auto operator<=>(const Fact&) const = default;
};

/// What the rules of one problem say.
struct Problem {
  std::set<Fact> facts;
  std::vector<Requirement> requirements;
  std::set<std::size_t> requests;
};

constexpr std::size_t k_most_facts = 3;

class ProblemReporter {
public:
  ProblemReporter(const PackagePool& pool, Solver* solver, const std::vector<RequestMatch>& matches,
                  const JobOrigins& origins)
      : pool_(pool), solver_(solver), matches_(matches), origins_(origins) {}

  std::vector<base::Diagnostic> report() const {
    std::vector<base::Diagnostic> result;
    const auto count = static_cast<Id>(solver_problem_count(solver_));
    for (Id problem = 1; problem <= count; ++problem) {
      base::Diagnostic diagnostic = describe(read(problem));
      if (std::find(result.begin(), result.end(), diagnostic) == result.end()) {
        result.push_back(std::move(diagnostic));
      }
    }
    return result;
  }

private:
  Problem read(Id number) const {
    IdQueue rules;
    solver_findallproblemrules(solver_, number, rules.get());
    Problem problem;
    for (const Id rule : rules.ids())
      add_rule(problem, rule);
    std::sort(problem.requirements.begin(), problem.requirements.end());
    return problem;
  }

  void add_rule(Problem& problem, Id rule) const {
    Id source = 0;
    Id target = 0;
    Id dependency = 0;
    const SolverRuleinfo kind = solver_ruleinfo(solver_, rule, &source, &target, &dependency);
    if ((kind & SOLVER_RULE_TYPEMASK) == SOLVER_RULE_JOB) {
      const auto job = static_cast<std::size_t>(std::max(solver_rule2jobidx(solver_, rule), 1) - 1);
      const std::size_t request = job / 2 < origins_.size() ? origins_[job / 2] : k_no_request;
      if (request != k_no_request) problem.requests.insert(request);
      return;
    }
    if (kind == SOLVER_RULE_PKG_REQUIRES) {
      problem.requirements.push_back({source, dependency});
      return;
    }
    problem.facts.insert(fact_of(kind, source, target, dependency));
  }

  Fact fact_of(SolverRuleinfo kind, Id source, Id target, Id dependency) const {
    const auto conflict = [&](std::string text) {
      return Fact{.rank = 2,
                  .code = "resolve.conflict",
                  .text = std::move(text),
                  .hint = "leave one of them out",
                  .package = source};
    };
    if (kind == SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP) return nothing_provides(source, dependency);
    if (kind == SOLVER_RULE_PKG_SELF_CONFLICT) {
      return conflict(fmt::format("{} conflicts with {}, which it provides itself",
                                  pool_.text_of(source), quoted(dependency)));
    }
    if (kind == SOLVER_RULE_PKG_CONFLICTS) {
      return conflict(fmt::format("{} conflicts with {}, provided by {}", pool_.text_of(source),
                                  quoted(dependency), pool_.text_of(target)));
    }
    if (kind == SOLVER_RULE_PKG_SAME_NAME) {
      // The list form: std::minmax of two temporaries gives references to them.
      const auto [first, second] = std::minmax({pool_.text_of(source), pool_.text_of(target)});
      return conflict(fmt::format("{} and {} cannot be installed together", first, second));
    }
    if (kind == SOLVER_RULE_PKG_OBSOLETES || kind == SOLVER_RULE_PKG_IMPLICIT_OBSOLETES) {
      return conflict(fmt::format("{} obsoletes {}, provided by {}", pool_.text_of(source),
                                  quoted(dependency), pool_.text_of(target)));
    }
    return {.rank = 4,
            .code = "resolve.unsolvable",
            .text = solver_ruleinfo2str(solver_, kind, source, target, dependency),
            .package = source};
  }

  std::string quoted(Id dependency) const {
    return base::quoted(pool_.dependency_text(dependency));
  }

  Fact nothing_provides(Id package, Id dependency) const {
    Fact fact{.rank = 1,
              .code = "resolve.nothing-provides",
              .text = fmt::format("nothing provides {}, needed by {}", quoted(dependency),
                                  pool_.text_of(package)),
              .hint = "add a repository that has it, or leave out what needs it",
              .package = package};
    for (const Id provider : pool_.all_packages()) {
      if (pool_.is_usable(provider) || !provides(provider, dependency)) continue;
      const Exclusion* exclusion = pool_.find_exclusion(provider);
      if (exclusion == nullptr) continue;
      fact.rank = 0;
      fact.code = "resolve.excluded";
      fact.text += fmt::format(": {} is {}", pool_.text_of(provider), exclusion->reason);
      fact.hint = "remove the exclude, or leave out what needs the package";
      fact.where = exclusion->where;
      return fact;
    }
    if (!is_relation(dependency)) return fact;
    const Id name = relation_of(pool_.get(), dependency).name;
    const auto others = is_relation(name) ? std::vector<Id>{} : pool_.providers_of(name);
    if (!others.empty()) {
      fact.hint = fmt::format("the repositories have {}", pool_.text_of(others.front()));
    }
    return fact;
  }

  bool provides(Id package, Id dependency) const {
    const auto provided = pool_.dependencies_of(package, SOLVABLE_PROVIDES);
    return std::any_of(provided.begin(), provided.end(),
                       [&](Id item) { return pool_match_dep(pool_.get(), item, dependency) != 0; });
  }

  base::Diagnostic describe(const Problem& problem) const {
    if (problem.facts.empty()) return describe_without_facts(problem);
    const Fact& main = *problem.facts.begin();
    base::Diagnostic result{.code = main.code, .message = main.text, .hint = main.hint};
    add_context(result, problem, main);
    // A package that a repository holds twice has the same facts twice.
    std::set<std::string> shown{main.text};
    for (const Fact& other : problem.facts) {
      if (other.rank > main.rank || shown.size() >= k_most_facts) continue;
      if (shown.insert(other.text).second) result.context.push_back("while " + other.text);
    }
    if (main.where) result.related.push_back({*main.where, "the exclude stands here"});
    return result;
  }

  base::Diagnostic describe_without_facts(const Problem& problem) const {
    base::Diagnostic result{.code = "resolve.unsolvable",
                            .message = "these requests cannot be met together",
                            .hint = "leave out one of them"};
    add_requests(result, problem, k_no_request);
    return result;
  }

  void add_context(base::Diagnostic& result, const Problem& problem, const Fact& fact) const {
    const auto [request, chain] = best_chain(problem, fact.package);
    for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
      if (link->reason.package == 0) continue;
      result.context.push_back(
          fmt::format("while installing {}, needed by {} as {}", pool_.text_of(link->package),
                      pool_.text_of(link->reason.package), quoted(link->reason.dependency)));
    }
    add_requests(result, problem, request);
  }

  /// The request that leads to the package in the fewest steps.
  std::pair<std::size_t, std::vector<ChainLink>> best_chain(const Problem& problem,
                                                            Id package) const {
    std::pair<std::size_t, std::vector<ChainLink>> best{k_no_request, {}};
    for (const std::size_t request : problem.requests) {
      auto chain = find_chain(pool_, matches_[request].candidates, problem.requirements, package);
      if (chain.empty()) continue;
      if (best.second.empty() || chain.size() < best.second.size()) best = {request, chain};
    }
    return best;
  }

  /// The position of the request that leads to the problem, and of the others that take part in it.
  void add_requests(base::Diagnostic& result, const Problem& problem, std::size_t first) const {
    std::vector<std::size_t> order(problem.requests.begin(), problem.requests.end());
    std::stable_partition(order.begin(), order.end(),
                          [&](std::size_t request) { return request == first; });
    for (const std::size_t index : order) {
      const model::PackageRequest& request = pool_.request().packages[index];
      const std::string origin =
          request.origin.empty() ? std::string() : ", as asked by " + request.origin;
      result.context.push_back(
          fmt::format("while installing {}{}", base::quoted(request.spec), origin));
      if (request.where.file.empty()) continue;
      if (!result.where) {
        result.where = request.where;
      } else {
        result.related.push_back({request.where, "also needed for this request"});
      }
    }
  }

  const PackagePool& pool_;
  Solver* solver_;
  const std::vector<RequestMatch>& matches_;
  const JobOrigins& origins_;
};

} // namespace

std::vector<base::Diagnostic> report_problems(const PackagePool& pool, Solver* solver,
                                              const std::vector<RequestMatch>& matches,
                                              const JobOrigins& origins) {
  return ProblemReporter(pool, solver, matches, origins).report();
}

} // namespace imagewright::resolve
