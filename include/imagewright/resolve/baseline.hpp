// SPDX-License-Identifier: MIT
#pragma once

// The versions that an image must have, asserted on the resolved set.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/release_profile.hpp>
#include <imagewright/resolve/resolution.hpp>

namespace imagewright::resolve {

/// Is `version` of that series? "6.6" has 6.6, 6.6.134 and 6.6-rc1, not 6.60.
bool is_in_series(std::string_view version, std::string_view series);

/// An error (resolve.baseline-missed) for each entry that no chosen package meets, or that a chosen
/// package contradicts, at the entry's line of the release profile.
base::Diagnostics check_baseline(const Resolution& resolution,
                                 const std::vector<model::BaselineEntry>& baseline,
                                 const std::map<std::string, model::PackageRole>& roles,
                                 const std::string& architecture);

} // namespace imagewright::resolve
