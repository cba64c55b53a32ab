// SPDX-License-Identifier: MIT
#include "package_differences.hpp"

#include <set>

namespace imagewright::audit {

namespace {

/// By name and architecture: of kernels there may be several versions.
using Versions = std::map<std::string, std::map<std::string, const KnownPackage*>>;

Versions versions_of(const std::vector<KnownPackage>& packages) {
  Versions versions;
  for (const KnownPackage& package : packages) {
    const std::string key = package.nevra.name + "." + package.nevra.architecture;
    versions[key][package.nevra.evr()] = &package;
  }
  return versions;
}

void compare_versions(const std::string& key,
                      const std::map<std::string, const KnownPackage*>& before,
                      const std::map<std::string, const KnownPackage*>& after,
                      DifferenceList& list) {
  const bool is_change = before.size() == 1 && after.size() == 1;
  if (is_change && before.begin()->first != after.begin()->first) {
    list.compare(key, "version", before.begin()->first, after.begin()->first);
    return;
  }
  for (const auto& [version, package] : before) {
    const auto other = after.find(version);
    if (other == after.end()) {
      list.only_before(key, version);
      continue;
    }
    list.compare_all({{key, package->aspects}}, {{key, other->second->aspects}});
  }
  for (const auto& [version, package] : after) {
    if (!before.contains(version)) list.only_after(key, version);
  }
}

std::vector<KnownPackage> without_epochs(const std::vector<model::Nevra>& packages) {
  std::vector<model::Nevra> plain;
  for (model::Nevra nevra : packages) {
    if (nevra.is_key()) continue;
    nevra.epoch = 0;
    plain.push_back(std::move(nevra));
  }
  return known_packages(plain);
}

} // namespace

std::vector<KnownPackage> known_packages(const std::vector<model::Nevra>& packages) {
  std::vector<KnownPackage> known;
  for (const model::Nevra& nevra : packages)
    known.push_back({.nevra = nevra, .aspects = {}});
  return known;
}

std::vector<KnownPackage> known_packages(const std::vector<model::LockedPackage>& packages) {
  std::vector<KnownPackage> known;
  for (const model::LockedPackage& package : packages) {
    known.push_back({.nevra = package.nevra,
                     .aspects = {{"checksum", package.checksum.to_string()},
                                 {"repository", package.repository}}});
  }
  return known;
}

DifferenceList compare_packages(const std::vector<KnownPackage>& before,
                                const std::vector<KnownPackage>& after) {
  const Versions left = versions_of(before);
  const Versions right = versions_of(after);
  std::set<std::string> keys;
  for (const auto& [key, versions] : left)
    keys.insert(key);
  for (const auto& [key, versions] : right)
    keys.insert(key);
  DifferenceList list;
  for (const std::string& key : keys) {
    const auto old_versions = left.find(key);
    const auto new_versions = right.find(key);
    compare_versions(
        key, old_versions == left.end() ? Versions::mapped_type() : old_versions->second,
        new_versions == right.end() ? Versions::mapped_type() : new_versions->second, list);
  }
  return list;
}

Comparison compare_package_names(const std::vector<model::Nevra>& left,
                                 const std::vector<model::Nevra>& right) {
  Comparison comparison;
  compare_packages(without_epochs(left), without_epochs(right)).move_to(comparison, "packages");
  comparison.not_compared.emplace_back(
      "everything but names and versions of packages: of a list nothing else is known");
  return comparison;
}

} // namespace imagewright::audit
