// SPDX-License-Identifier: MIT
#include "request_matcher.hpp"

#include <algorithm>

extern "C" {
#include <solv/evr.h>
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

// --- A name that other packages have taken over

/// Older versions may have been obsoleted long ago; the newest says whether the name still lives.
Id newest_of(const PackagePool& pool, const std::vector<Id>& candidates) {
  return *std::max_element(candidates.begin(), candidates.end(), [&](Id left, Id right) {
    return pool_evrcmp(pool.get(), pool_id2solvable(pool.get(), left)->evr,
                       pool_id2solvable(pool.get(), right)->evr, EVRCMP_COMPARE) < 0;
  });
}

bool obsoletes(const PackagePool& pool, Id package, Id other) {
  const auto obsoleted = pool.dependencies_of(package, SOLVABLE_OBSOLETES);
  return std::any_of(obsoleted.begin(), obsoleted.end(), [&](Id dependency) {
    return pool_match_nevr(pool.get(), pool_id2solvable(pool.get(), other), dependency) != 0;
  });
}

/// Of that name, without a version or an architecture.
std::vector<Id> packages_named(const PackagePool& pool, Id name,
                               const std::vector<Id>& candidates) {
  std::vector<Id> packages;
  for (const Id package : candidates) {
    if (pool_id2solvable(pool.get(), package)->name == name) packages.push_back(package);
  }
  return packages;
}

/// As dnf does: a request for a name, or for each that a glob fits, is met by what obsoletes its
/// newest package as well, and the solver takes that. What has taken over from a package that took
/// over is not asked for: that is an update.
void add_obsoleting(const PackagePool& pool, RequestMatch& match) {
  const std::vector<Id> named = match.candidates;
  for (std::size_t i = 0; i + 1 < match.selection.size(); i += 2) {
    const Id wanted = match.selection[i + 1];
    const bool is_name = (match.selection[i] & SOLVER_SELECTMASK) == SOLVER_SOLVABLE_NAME;
    if (!is_name || ISRELDEP(static_cast<unsigned>(wanted))) continue;
    std::vector<Id> meant = packages_named(pool, wanted, named);
    if (meant.empty()) continue;
    const Id newest = newest_of(pool, meant);
    const std::size_t before = meant.size();
    for (const Id package : pool.all_packages()) {
      if (pool_id2solvable(pool.get(), package)->dep_obsoletes == 0 || !pool.is_usable(package))
        continue;
      if (pool_id2solvable(pool.get(), package)->name != wanted && obsoletes(pool, package, newest))
        meant.push_back(package);
    }
    if (meant.size() == before) continue;
    IdQueue packages;
    for (const Id package : meant)
      packages.push(package);
    match.candidates.insert(match.candidates.end(),
                            meant.begin() + static_cast<std::ptrdiff_t>(before), meant.end());
    match.selection[i] = SOLVER_SOLVABLE_ONE_OF;
    match.selection[i + 1] = pool_queuetowhatprovides(pool.get(), packages.get());
  }
}

} // namespace

RequestMatch match_request(const PackagePool& pool, const std::string& spec) {
  RequestMatch match = spec.starts_with('(') ? match_rich(pool, spec) : match_selection(pool, spec);
  add_obsoleting(pool, match);
  auto& candidates = match.candidates;
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  if (candidates.empty()) match.selection.clear();
  return match;
}

} // namespace imagewright::resolve
