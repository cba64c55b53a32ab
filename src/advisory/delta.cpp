// SPDX-License-Identifier: MIT
#include <map>
#include <utility>

#include <imagewright/advisory/evaluate.hpp>

namespace imagewright::advisory {

namespace {

using Key = std::pair<std::string, std::string>;
using Index = std::map<Key, Finding>;

bool is_open(const Finding& finding) {
  return finding.status == Status::affected || finding.status == Status::no_fix;
}

/// Of several advisories on one vulnerability of one package, an open one counts.
Index index_of(const Verdict& verdict) {
  Index index;
  for (const Finding& finding : verdict.findings) {
    const auto [known, is_new] =
        index.emplace(Key(finding.vulnerability, finding.package), finding);
    if (!is_new && is_open(finding)) known->second = finding;
  }
  return index;
}

bool is_older(const Finding& left, const Finding& right) {
  const auto first = base::PackageVersion::parse(left.installed);
  const auto second = base::PackageVersion::parse(right.installed);
  return first && second && base::compare_versions(*first, *second) < 0;
}

} // namespace

Delta compare_verdicts(const Verdict& before, const Verdict& after) {
  Delta delta;
  delta.unknown_before = before.unknown.size();
  delta.unknown_after = after.unknown.size();
  const Index old_index = index_of(before);
  const Index new_index = index_of(after);
  for (const auto& [key, finding] : old_index) {
    const auto now = new_index.find(key);
    if (!is_open(finding)) continue;
    if (now == new_index.end()) {
      Finding removed = finding;
      removed.reason = "removed";
      delta.fixed.push_back(std::move(removed));
    } else if (now->second.status == Status::unknown) {
      // Nobody says that it is gone.
      delta.open.push_back(now->second);
    } else if (!is_open(now->second)) {
      delta.fixed.push_back(now->second);
    }
  }
  for (const auto& [key, finding] : new_index) {
    if (!is_open(finding)) continue;
    const auto then = old_index.find(key);
    const bool was_open = then != old_index.end() && is_open(then->second);
    (was_open ? delta.open : delta.opened).push_back(finding);
    if (finding.status == Status::no_fix) delta.no_fix.push_back(finding);
    if (then != old_index.end() && then->second.status == Status::fixed &&
        is_older(finding, then->second))
      delta.regressed.push_back(finding);
  }
  return delta;
}

} // namespace imagewright::advisory
