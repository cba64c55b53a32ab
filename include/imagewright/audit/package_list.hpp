// SPDX-License-Identifier: MIT
#pragma once

// Lists of packages as `rpm -qa` prints them, which is all that is left of many a node.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/model/package.hpp>

namespace imagewright::audit {

/// The packages of a list of "name-version-release.architecture", one a line, in its order; lines
/// with # do not count. Where the text has lines "=== Installed Packages Begin" and "=== Installed
/// Packages End", as release notes of AKS node images have, only what stands between counts. Keys
/// that rpm lists have no architecture; everything else must. Throws base::Error
/// (audit.damaged-list).
std::vector<model::Nevra> read_package_list(std::string_view text, const std::string& file);

} // namespace imagewright::audit
