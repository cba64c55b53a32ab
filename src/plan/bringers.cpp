// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/plan/bringers.hpp>
#include <imagewright/plan/repositories.hpp>

namespace imagewright::plan {

std::string hint_of_bringers(const std::set<std::string>& names) {
  const std::vector<std::string> shown(
      names.begin(), std::next(names.begin(), std::min<std::ptrdiff_t>(std::ssize(names), 4)));
  return names.size() == 1
             ? fmt::format("add {}, which brings it, to os.packages.install", shown.front())
             : fmt::format("add one of {}{}, which bring it, to os.packages.install",
                           base::join(shown, ", "), names.size() > shown.size() ? ", …" : "");
}

std::set<std::string> find_known_bringers(const BuildPlan& plan,
                                          const std::vector<std::string>& paths,
                                          const Services& services) {
  std::set<std::string> names;
  try {
    PlanRepositories repositories(plan, NetworkUse::forbidden, services);
    for (const auto& [path, packages] :
         repositories.find_bringers(plan, repositories.set().load_snapshots(), paths))
      names.insert(packages.begin(), packages.end());
  } catch (const base::Error&) {
    // The cache has no metadata, or not their lists of files: then nobody is named, ignoring.
  }
  return names;
}

} // namespace imagewright::plan
