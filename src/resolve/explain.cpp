// SPDX-License-Identifier: MIT
#include <algorithm>
#include <deque>
#include <optional>
#include <tuple>
#include <utility>

#include <imagewright/resolve/explain.hpp>

namespace imagewright::resolve {

namespace {

constexpr std::size_t k_none = static_cast<std::size_t>(-1);

/// From every package the way towards the one that is explained.
struct WayBack {
  const Dependency* next = nullptr; ///< by which the package needs the next one; null at the end
  std::size_t length = k_none;
};

/// Breadth first from the target over its requirers: required before recommended at equal length,
/// then by order.
std::vector<WayBack> ways_to(const Resolution& resolution, std::size_t target) {
  std::vector<std::vector<const Dependency*>> requirers(resolution.packages.size());
  for (const Dependency& dependency : resolution.dependencies) {
    requirers[dependency.provider].push_back(&dependency);
  }
  for (auto& list : requirers) {
    std::stable_sort(list.begin(), list.end(), [](const auto* left, const auto* right) {
      return std::tie(left->is_weak, *left) < std::tie(right->is_weak, *right);
    });
  }
  std::vector<WayBack> ways(resolution.packages.size());
  ways[target].length = 0;
  std::deque<std::size_t> pending{target};
  while (!pending.empty()) {
    const std::size_t current = pending.front();
    pending.pop_front();
    for (const Dependency* dependency : requirers[current]) {
      WayBack& way = ways[dependency->requirer];
      if (way.length != k_none) continue;
      way = {dependency, ways[current].length + 1};
      pending.push_back(dependency->requirer);
    }
  }
  return ways;
}

Explanation follow(const Resolution& resolution, const std::vector<WayBack>& ways,
                   const model::PackageRequest& request, std::size_t start) {
  Explanation explanation{.request = request};
  std::size_t current = start;
  while (ways[current].next != nullptr) {
    const Dependency& dependency = *ways[current].next;
    explanation.chain.push_back(
        {resolution.packages[current].nevra, dependency.requirement, dependency.is_weak});
    current = dependency.provider;
  }
  explanation.package = resolution.packages[current].nevra;
  return explanation;
}

/// The package of a request from which the way is shortest.
std::optional<std::size_t> nearest(const FulfilledRequest& request,
                                   const std::vector<WayBack>& ways) {
  std::optional<std::size_t> best;
  for (const std::size_t package : request.packages) {
    if (ways[package].length == k_none) continue;
    if (!best || ways[package].length < ways[*best].length) best = package;
  }
  return best;
}

bool is_named(const model::Nevra& nevra, std::string_view name) {
  return nevra.name == name || nevra.to_string() == name;
}

} // namespace

std::vector<Explanation> explain(const Resolution& resolution, std::string_view package,
                                 std::size_t limit) {
  std::vector<Explanation> explanations;
  for (std::size_t target = 0; target < resolution.packages.size(); ++target) {
    if (!is_named(resolution.packages[target].nevra, package)) continue;
    const std::vector<WayBack> ways = ways_to(resolution, target);
    for (const FulfilledRequest& request : resolution.requests) {
      if (const auto start = nearest(request, ways)) {
        explanations.push_back(follow(resolution, ways, request.request, *start));
      }
    }
  }
  std::stable_sort(explanations.begin(), explanations.end(),
                   [](const Explanation& left, const Explanation& right) {
                     const auto left_length = left.chain.size();
                     const auto right_length = right.chain.size();
                     return std::tie(left_length, left.request) <
                            std::tie(right_length, right.request);
                   });
  explanations.erase(std::unique(explanations.begin(), explanations.end()), explanations.end());
  if (explanations.size() > limit) explanations.resize(limit);
  return explanations;
}

} // namespace imagewright::resolve
