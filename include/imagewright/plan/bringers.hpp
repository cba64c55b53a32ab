// SPDX-License-Identifier: MIT
#pragma once

// Packages that bring what a config names and no package of the image has.

#include <set>
#include <string>
#include <vector>

#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::plan {

/// Says that one of the packages should be installed; there is at least one.
std::string hint_of_bringers(const std::set<std::string>& names);

/// The packages of the plan's repositories that have one of the paths, as far as the cache knows:
/// nothing is fetched, and where it knows too little there are none.
std::set<std::string> find_known_bringers(const BuildPlan& plan,
                                          const std::vector<std::string>& paths,
                                          const Services& services);

} // namespace imagewright::plan
