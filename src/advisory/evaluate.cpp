// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <imagewright/advisory/evaluate.hpp>
#include <imagewright/base/error.hpp>

namespace imagewright::advisory {

namespace {

/// One installed version by a name that a feed may use.
struct Candidate {
  base::PackageVersion version;
};

using Candidates = std::multimap<std::string, Candidate, std::less<>>;

/// Feeds name source packages, updateinfo binary ones. A package whose source is not known is
/// looked up by its own name: that is its source's more often than not.
Candidates candidates_of(const Inventory& inventory, FeedKind kind) {
  Candidates candidates;
  for (const InstalledPackage& package : inventory.packages) {
    const bool is_by_source = kind != FeedKind::updateinfo && !package.source_name.empty();
    candidates.emplace(is_by_source ? package.source_name : package.name,
                       Candidate{is_by_source ? package.source_version : package.version});
  }
  return candidates;
}

/// Where the distribution's tag stands in a release: behind the last dot, when it has letters.
std::optional<std::size_t> tag_position(const base::PackageVersion& version) {
  const auto dot = version.release.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::string_view tag = std::string_view(version.release).substr(dot + 1);
  const bool has_letter =
      std::any_of(tag.begin(), tag.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return has_letter ? std::optional(dot) : std::nullopt;
}

/// "2.38-20.azl3" without ".azl3".
base::PackageVersion without_distribution_tag(base::PackageVersion version) {
  if (const auto dot = tag_position(version)) version.release.resize(*dot);
  return version;
}

bool is_of_distribution(const base::PackageVersion& version, const std::string& tag) {
  const auto dot = tag_position(version);
  return tag.empty() || !dot || version.release.substr(*dot + 1) == tag;
}

bool holds(const Condition& condition, const base::PackageVersion& installed) {
  const auto order = condition.ignores_distribution_tag
                         ? base::compare_versions(without_distribution_tag(installed),
                                                  without_distribution_tag(condition.version))
                         : base::compare_versions(installed, condition.version);
  switch (condition.comparison) {
  case Comparison::less:
    return order < 0;
  case Comparison::less_or_equal:
    return order <= 0;
  case Comparison::greater:
    return order > 0;
  case Comparison::greater_or_equal:
    return order >= 0;
  case Comparison::equal:
    return order == 0;
  }
  throw base::BugError("unknown comparison");
}

/// Does each condition hold for some version that is there? Conditions on one package must hold for
/// the same version: a range is one range, also where two versions are installed.
bool all_hold(const std::vector<Condition>& conditions, const Candidates& candidates) {
  std::set<std::string_view> packages;
  for (const Condition& condition : conditions)
    packages.insert(condition.package);
  return std::all_of(packages.begin(), packages.end(), [&](std::string_view package) {
    const auto [first, last] = candidates.equal_range(package);
    return std::any_of(first, last, [&](const auto& candidate) {
      return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& condition) {
        return condition.package != package || holds(condition, candidate.second.version);
      });
    });
  });
}

/// The oldest version by that name: with several, one that has it is one too many.
const base::PackageVersion& oldest(const Candidates& candidates, const std::string& package) {
  const auto [first, last] = candidates.equal_range(package);
  return std::min_element(first, last,
                          [](const auto& left, const auto& right) {
                            return base::compare_versions(left.second.version,
                                                          right.second.version) < 0;
                          })
      ->second.version;
}

bool applies(const Suppression& suppression, const Advisory& advisory,
             const base::PackageVersion& installed) {
  if (suppression.vulnerability != advisory.vulnerability &&
      suppression.vulnerability != advisory.identifier)
    return false;
  return suppression.packages.empty() ||
         std::any_of(suppression.packages.begin(), suppression.packages.end(),
                     [&](const SuppressedPackage& package) {
                       return package.name == advisory.package &&
                              (!package.version ||
                               base::compare_versions(*package.version, installed) == 0);
                     });
}

/// The last word on an advisory; empty: that it matters.
std::string suppression_of(const Advisory& advisory, const base::PackageVersion& installed,
                           const std::vector<Suppression>& suppressions) {
  const auto last =
      std::find_if(suppressions.rbegin(), suppressions.rend(), [&](const Suppression& suppression) {
        return applies(suppression, advisory, installed);
      });
  return last == suppressions.rend() ? "" : last->reason;
}

Finding finding_of(const Advisory& advisory, const Candidates& candidates,
                   const std::vector<Suppression>& suppressions) {
  const base::PackageVersion& installed = oldest(candidates, advisory.package);
  Finding finding{.vulnerability = advisory.vulnerability,
                  .package = advisory.package,
                  .identifier = advisory.identifier,
                  .severity = advisory.severity,
                  .status = Status::fixed,
                  .installed = installed.to_string(),
                  .fixed_in = advisory.fixed_in ? advisory.fixed_in->to_string() : "",
                  .reason = {}};
  const bool is_affected =
      std::any_of(advisory.alternatives.begin(), advisory.alternatives.end(),
                  [&](const auto& conditions) { return all_hold(conditions, candidates); });
  if (!is_affected) return finding;
  finding.status = advisory.is_under_investigation ? Status::unknown
                   : advisory.is_without_fix       ? Status::no_fix
                                                   : Status::affected;
  finding.reason = suppression_of(advisory, installed, suppressions);
  if (!finding.reason.empty()) finding.status = Status::suppressed;
  return finding;
}

} // namespace

Verdict evaluate(const Feed& feed, const Inventory& inventory,
                 const std::vector<Suppression>& suppressions) {
  Verdict verdict;
  const Candidates candidates = candidates_of(inventory, feed.kind);
  for (const Advisory& advisory : feed.advisories) {
    const auto [first, last] = candidates.equal_range(advisory.package);
    const bool is_meant = std::any_of(first, last, [&](const auto& candidate) {
      return is_of_distribution(candidate.second.version, advisory.distribution_tag);
    });
    if (is_meant) verdict.findings.push_back(finding_of(advisory, candidates, suppressions));
  }
  std::sort(verdict.findings.begin(), verdict.findings.end());
  if (feed.kind == FeedKind::updateinfo) return verdict;
  for (const InstalledPackage& package : inventory.packages) {
    if (package.source_name.empty()) verdict.unknown.push_back(package.name);
  }
  std::sort(verdict.unknown.begin(), verdict.unknown.end());
  return verdict;
}

std::vector<Finding> open_findings(const Verdict& verdict, Severity least) {
  std::vector<Finding> open;
  for (const Finding& finding : verdict.findings) {
    const bool is_open = finding.status == Status::affected || finding.status == Status::no_fix;
    const bool counts = finding.severity == Severity::unknown || finding.severity >= least;
    if (is_open && counts) open.push_back(finding);
  }
  return open;
}

} // namespace imagewright::advisory
