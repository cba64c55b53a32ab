// SPDX-License-Identifier: MIT
#pragma once

// Patterns of paths in a root whose directories stand behind links.

#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

namespace imagewright::root {

/// The patterns, and for each whose leading directory is reached through links the same pattern
/// where that directory is: what stands there is known to packages by that name.
std::vector<std::string> with_real_places(const fs::RootDir& files,
                                          std::vector<std::string> patterns);

} // namespace imagewright::root
