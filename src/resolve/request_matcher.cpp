// SPDX-License-Identifier: MIT
#include "request_matcher.hpp"

#include <algorithm>

extern "C" {
#include <solv/pool_parserpmrichdep.h>
#include <solv/selection.h>
}

#include "dependency_names.hpp"

namespace imagewright::resolve {

namespace {

bool is_glob(const std::string& spec) {
  return spec.find_first_of("*?[") != std::string::npos;
}

/// A rich dependency such as "(a or b)", or a plain capability that has blanks or parentheses of
/// its own.
RequestMatch match_rich(const PackagePool& pool, const std::string& spec) {
  std::string text = spec;
  const Id dependency = pool_parserpmrichdep(pool.get(), text.data());
  RequestMatch match;
  if (dependency == 0) return match;
  for (const Id plain : plain_dependencies(pool.get(), dependency)) {
    for (const Id provider : pool.providers_of(plain))
      match.candidates.push_back(provider);
  }
  if (!match.candidates.empty()) match.selection = {SOLVER_SOLVABLE_PROVIDES, dependency};
  return match;
}

RequestMatch match_selection(const PackagePool& pool, const std::string& spec) {
  int flags =
      SELECTION_NAME | SELECTION_CANON | SELECTION_DOTARCH | SELECTION_REL | SELECTION_FILELIST;
  // A glob over capabilities would bring in packages that nobody thought of.
  flags |= is_glob(spec) ? SELECTION_GLOB : SELECTION_PROVIDES;
  IdQueue selection;
  RequestMatch match;
  if (selection_make(pool.get(), selection.get(), spec.c_str(), flags) == 0) return match;
  IdQueue packages;
  selection_solvables(pool.get(), selection.get(), packages.get());
  match.selection.assign(selection.ids().begin(), selection.ids().end());
  match.candidates.assign(packages.ids().begin(), packages.ids().end());
  return match;
}

} // namespace

RequestMatch match_request(const PackagePool& pool, const std::string& spec) {
  RequestMatch match = spec.starts_with('(') ? match_rich(pool, spec) : match_selection(pool, spec);
  auto& candidates = match.candidates;
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  if (candidates.empty()) match.selection.clear();
  return match;
}

} // namespace imagewright::resolve
