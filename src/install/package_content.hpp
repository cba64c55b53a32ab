// SPDX-License-Identifier: MIT
#pragma once

// Files out of a package that is not installed yet.

#include <functional>
#include <string>
#include <vector>

#include "package_files.hpp"
#include "signature_check.hpp"

namespace imagewright::install {

/// The texts of the package's regular files whose path is wanted, none larger than a mebibyte. A
/// package without such files is not opened.
std::vector<std::string>
read_package_files(const CheckedPackage& package, std::size_t index, const PackageFiles& files,
                   const std::function<bool(const std::string&)>& is_wanted);

} // namespace imagewright::install
