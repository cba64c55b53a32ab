// SPDX-License-Identifier: MIT
#include "stored_choice.hpp"

#include <algorithm>
#include <map>
#include <string>

extern "C" {
#include <solv/evr.h>
#include <solv/pool.h>
#include <solv/repo.h>
}

#include "resolution_builder.hpp"

namespace imagewright::resolve {

namespace {

bool is_pinned(const PackagePool& pool, Id package) {
  const model::Nevra nevra = pool.nevra_of(package);
  const auto& pins = pool.request().stored_pins;
  return std::ranges::any_of(pins,
                             [&](const model::LockedPackage& pin) { return pin.nevra == nevra; });
}

/// Is the first better than the second? The order of the pool decides between equals.
bool is_better(const PackagePool& pool, Id left, Id right) {
  const bool is_left_pinned = is_pinned(pool, left);
  if (is_left_pinned != is_pinned(pool, right)) return is_left_pinned;
  const Solvable* first = pool_id2solvable(pool.get(), left);
  const Solvable* second = pool_id2solvable(pool.get(), right);
  if (first->repo->priority != second->repo->priority)
    return first->repo->priority > second->repo->priority;
  const int order = pool_evrcmp(pool.get(), first->evr, second->evr, EVRCMP_COMPARE);
  if (order != 0) return order > 0;
  return left < right;
}

} // namespace

std::vector<StoredChoice> choose_stored(const PackagePool& pool,
                                        const std::vector<RequestMatch>& matches) {
  std::vector<StoredChoice> choices;
  for (std::size_t request = 0; request < matches.size(); ++request) {
    std::map<std::string, Id> best;
    for (const Id candidate : matches[request].candidates) {
      if (!pool.is_usable(candidate)) continue;
      const auto [known, is_new] = best.emplace(pool.nevra_of(candidate).name, candidate);
      if (!is_new && is_better(pool, candidate, known->second)) known->second = candidate;
    }
    for (const auto& [name, package] : best)
      choices.push_back({request, locked_package(pool, package)});
  }
  return choices;
}

} // namespace imagewright::resolve
