// SPDX-License-Identifier: MIT
#include "exclusion.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "near_names.hpp"
#include "package_pool.hpp"
#include "request_matcher.hpp"

namespace imagewright::resolve {

namespace {

struct Candidate {
  Id package = 0;
  model::Nevra nevra;
};

bool matches_package(const model::Nevra& package, const std::string& pattern) {
  return base::matches_glob(package.name, pattern) ||
         base::matches_glob(package.name + "." + package.architecture, pattern) ||
         base::matches_glob(package.to_string(), pattern);
}

class ExclusionFinder {
public:
  explicit ExclusionFinder(const PackagePool& pool) : pool_(pool) {
    for (const Id package : pool.all_packages())
      candidates_.push_back({package, pool.nevra_of(package)});
  }

  Exclusions find() {
    for (const Exclude& exclude : pool_.request().excludes) {
      const auto meant = packages_meant(exclude.pattern);
      if (meant.empty()) result_.problems.push_back(explain_unmatched(exclude));
      for (const Id package : meant)
        add(package, fmt::format("excluded by {}", base::quoted(exclude.pattern)), exclude.where);
    }
    for (const model::RepositorySnapshot& snapshot : pool_.snapshots())
      add_filters_of(snapshot.repository);
    return std::move(result_);
  }

private:
  /// By name where that means something, else as a request.
  std::vector<Id> packages_meant(const std::string& pattern) const {
    std::vector<Id> meant;
    for (const Candidate& candidate : candidates_) {
      if (matches_package(candidate.nevra, pattern)) meant.push_back(candidate.package);
    }
    return meant.empty() ? match_request(pool_, pattern).candidates : meant;
  }

  void add(Id package, std::string reason, const base::SourceLocation& where) {
    result_.by_package.try_emplace(package, Exclusion{std::move(reason), where});
  }

  void add_filters_of(const model::Repository& repository) {
    const auto is_of_it = [&](Id package) {
      return pool_.snapshot_of(package).repository.name == repository.name;
    };
    for (const std::string& pattern : repository.exclude_packages) {
      for (const Id package : packages_meant(pattern)) {
        if (!is_of_it(package)) continue;
        add(package,
            fmt::format("excluded by {} of the repository {}", base::quoted(pattern),
                        base::quoted(repository.name)),
            repository.where);
      }
    }
    if (repository.include_packages.empty()) return;
    std::set<Id> wanted;
    for (const std::string& pattern : repository.include_packages) {
      const auto meant = packages_meant(pattern);
      wanted.insert(meant.begin(), meant.end());
    }
    for (const Candidate& candidate : candidates_) {
      if (!is_of_it(candidate.package) || wanted.count(candidate.package) > 0) continue;
      add(candidate.package,
          fmt::format("not among the packages that are taken from the repository {}",
                      base::quoted(repository.name)),
          repository.where);
    }
  }

  base::Diagnostic explain_unmatched(const Exclude& exclude) const {
    const std::string name = name_part(exclude.pattern);
    const auto versions = versions_of(pool_, name);
    std::string hint = versions.empty()
                           ? hint_of_near_names(pool_, name)
                           : fmt::format("the repositories have {}", base::join(versions, ", "));
    if (hint.empty()) hint = "remove the line, or correct the name";
    base::Diagnostic result{
        .code = "resolve.exclude-unmatched",
        .message = fmt::format("no package of the repositories is meant by {}, which is to be left "
                               "out",
                               base::quoted(exclude.pattern)),
        .hint = std::move(hint)};
    if (!exclude.where.file.empty()) result.where = exclude.where;
    return result;
  }

  const PackagePool& pool_;
  std::vector<Candidate> candidates_;
  Exclusions result_;
};

} // namespace

Exclusions find_exclusions(const PackagePool& pool) {
  return ExclusionFinder(pool).find();
}

} // namespace imagewright::resolve
