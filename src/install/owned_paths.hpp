// SPDX-License-Identifier: MIT
#pragma once

// Which paths of interest belong to packages.

#include <string>
#include <vector>

#include "rpm_handles.hpp"

namespace imagewright::install {

/// The files of packages that fit one of the patterns, or stand below what does; sorted. A file
/// that a package only claims (%ghost) is not of it.
std::vector<std::string> owned_paths(rpmts transaction, const std::vector<std::string>& patterns);

} // namespace imagewright::install
