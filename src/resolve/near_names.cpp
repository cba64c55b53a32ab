// SPDX-License-Identifier: MIT
#include "near_names.hpp"

#include <set>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

#include "dependency_names.hpp"

namespace imagewright::resolve {
namespace {

/// A name of a package is what most people mean.
std::string did_you_mean(const std::string& name, const std::set<std::string>& names) {
  return base::did_you_mean(name, std::vector<std::string>(names.begin(), names.end()));
}

} // namespace

std::string name_part(const std::string& spec) {
  return std::string(base::trimmed(spec.substr(0, spec.find_first_of("<>= "))));
}

std::vector<std::string> versions_of(const PackagePool& pool, const std::string& name) {
  std::set<std::string> versions;
  for (const Id package : pool.all_packages()) {
    const model::Nevra nevra = pool.nevra_of(package);
    if (nevra.name == name && pool.is_usable(package)) versions.insert(nevra.evr());
  }
  return {versions.begin(), versions.end()};
}

std::string hint_of_near_names(const PackagePool& pool, const std::string& name) {
  std::set<std::string> names;
  std::set<std::string> capabilities;
  for (const Id package : pool.all_packages()) {
    if (!pool.is_usable(package)) continue;
    names.insert(pool_id2str(pool.get(), pool_id2solvable(pool.get(), package)->name));
    for (const Id capability : pool.dependencies_of(package, SOLVABLE_PROVIDES)) {
      for (const Id plain : plain_dependencies(pool.get(), capability))
        capabilities.insert(name_part(pool_dep2str(pool.get(), plain)));
    }
  }
  std::string hint = did_you_mean(name, names);
  return hint.empty() ? did_you_mean(name, capabilities) : hint;
}

} // namespace imagewright::resolve
