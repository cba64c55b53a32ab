// SPDX-License-Identifier: MIT
#include "exclusion.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

namespace imagewright::resolve {

bool matches_package(const model::Nevra& package, const std::string& pattern) {
  return base::matches_glob(package.name, pattern) ||
         base::matches_glob(package.name + "." + package.architecture, pattern) ||
         base::matches_glob(package.to_string(), pattern);
}

std::optional<Exclusion> find_exclusion(const model::Nevra& package,
                                        const model::Repository& repository,
                                        const std::vector<Exclude>& excludes) {
  for (const Exclude& exclude : excludes) {
    if (matches_package(package, exclude.pattern)) {
      return Exclusion{fmt::format("excluded by {}", base::quoted(exclude.pattern)), exclude.where};
    }
  }
  for (const std::string& pattern : repository.exclude_packages) {
    if (matches_package(package, pattern)) {
      return Exclusion{fmt::format("excluded by {} of the repository {}", base::quoted(pattern),
                                   base::quoted(repository.name)),
                       repository.where};
    }
  }
  const auto& wanted = repository.include_packages;
  const bool is_wanted =
      wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const auto& pattern) {
        return matches_package(package, pattern);
      });
  if (is_wanted) return std::nullopt;
  return Exclusion{fmt::format("not among the packages that are taken from the repository {}",
                               base::quoted(repository.name)),
                   repository.where};
}

} // namespace imagewright::resolve
