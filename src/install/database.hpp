// SPDX-License-Identifier: MIT
#pragma once

// librpm's database of the image: what it says, and how it is left.

#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>
#include <imagewright/model/package.hpp>

#include "rpm_handles.hpp"

namespace imagewright::install {

/// Every package in the database, sorted; without public keys.
std::vector<model::Nevra> installed_packages(rpmts transaction);

/// Throws base::Error (install.database-mismatch) unless these are exactly the packages that stay
/// and those of the set.
void require_same_packages(const std::vector<model::Nevra>& installed,
                           const std::vector<model::Nevra>& kept, const model::PackageSet& set);

/// After librpm has closed it: one file, which also those can read who may not write beside it.
void settle_database(const fs::RootDir& root, const std::string& directory);

} // namespace imagewright::install
