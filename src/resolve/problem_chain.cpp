// SPDX-License-Identifier: MIT
#include "problem_chain.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include "dependency_names.hpp"

namespace imagewright::resolve {

std::vector<ChainLink> find_chain(const PackagePool& pool, const std::vector<Id>& start,
                                  const std::vector<Requirement>& requirements, Id target) {
  std::map<Id, Requirement> reasons;
  std::deque<Id> pending;
  const auto visit = [&](Id package, Requirement reason) {
    if (reasons.emplace(package, reason).second) pending.push_back(package);
  };
  for (const Id package : start)
    visit(package, {});
  while (!pending.empty() && reasons.count(target) == 0) {
    const Id package = pending.front();
    pending.pop_front();
    for (const Requirement& requirement : requirements) {
      if (requirement.package != package) continue;
      for (const Id plain : plain_dependencies(pool.get(), requirement.dependency)) {
        for (const Id provider : pool.providers_of(plain))
          visit(provider, requirement);
      }
    }
  }
  std::vector<ChainLink> chain;
  for (auto found = reasons.find(target); found != reasons.end();
       found = reasons.find(found->second.package)) {
    chain.push_back({found->first, found->second});
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

} // namespace imagewright::resolve
