// SPDX-License-Identifier: MIT
#pragma once

// Packages of a database as bytes, for the border of a process.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/model/installed_package.hpp>

namespace imagewright::inspect {

std::string encode(const std::vector<model::InstalledPackage>& packages);
/// Throws base::BugError for what was not encoded here.
std::vector<model::InstalledPackage> decode_installed_packages(std::string_view bytes);

} // namespace imagewright::inspect
