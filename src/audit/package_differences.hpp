// SPDX-License-Identifier: MIT
#pragma once

// What differs between two sets of packages.

#include <string>
#include <vector>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/model/package.hpp>

#include "difference_list.hpp"

namespace imagewright::audit {

/// One package and what else is known about it.
struct KnownPackage {
  model::Nevra nevra;
  Aspects aspects; ///< "checksum", "repository"
};

std::vector<KnownPackage> known_packages(const std::vector<model::Nevra>& packages);
std::vector<KnownPackage> known_packages(const std::vector<model::LockedPackage>& packages);

/// A package of which each side has one version becomes a change of version.
DifferenceList compare_packages(const std::vector<KnownPackage>& before,
                                const std::vector<KnownPackage>& after);

/// Names and versions alone, without what else may be known. Epochs do not count, since lists of
/// packages do not tell them.
Comparison compare_package_names(const std::vector<model::Nevra>& left,
                                 const std::vector<model::Nevra>& right);

} // namespace imagewright::audit
