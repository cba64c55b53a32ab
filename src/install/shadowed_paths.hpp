// SPDX-License-Identifier: MIT
#pragma once

// Files of packages that went into filesystems of the sandbox (/run, /tmp, /dev, /proc, /sys)
// instead of the image.

#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>
#include <imagewright/model/package.hpp>

#include "rpm_handles.hpp"

namespace imagewright::install {

/// Makes those of the set's packages again in the image itself, with the owners and modes that the
/// packages state. What only scripts made there is left behind: it is of the moment. Gives the
/// paths that were made.
std::vector<std::string> restore_shadowed_paths(rpmts transaction, const model::PackageSet& set,
                                                const fs::RootDir& image);

} // namespace imagewright::install
