// SPDX-License-Identifier: MIT
#pragma once

// Whether what was asked for is among the packages of a lock, which is a file that people edit.

#include <string>
#include <vector>

#include "signature_check.hpp"

namespace imagewright::install {

/// Each wish is a package's name (with version or architecture), one of its capabilities or a name
/// that it takes over, a pattern of these, a comparison of a version, or a file, whose path may be
/// a pattern too. Wishes of several parts, in parentheses, are not looked at. Throws base::Error
/// (install.package-left-out).
void require_wanted(const std::vector<std::string>& wanted,
                    const std::vector<CheckedPackage>& packages);

} // namespace imagewright::install
