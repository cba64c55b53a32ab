// SPDX-License-Identifier: MIT
#pragma once

// The versions that an image must have, asserted on the resolved set.

#include <map>
#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/release_profile.hpp>
#include <imagewright/resolve/resolution.hpp>

namespace imagewright::resolve {

/// An error (resolve.baseline-missed) for each entry that no chosen package meets, or that a chosen
/// package contradicts, at the entry's line of the release profile.
base::Diagnostics check_baseline(const Resolution& resolution,
                                 const std::vector<model::BaselineEntry>& baseline,
                                 const std::map<std::string, model::PackageRole>& roles,
                                 const std::string& architecture);

} // namespace imagewright::resolve
