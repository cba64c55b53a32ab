// SPDX-License-Identifier: MIT
#pragma once

// Patterns of absolute paths: "*" stands for letters other than the slash.

#include <string_view>

namespace imagewright::base {

/// Whether the path has as many parts as the pattern, each of which fits.
bool matches_path_pattern(std::string_view path, std::string_view pattern);

/// Likewise for the path or one of the directories that it is below.
bool is_at_or_below_pattern(std::string_view path, std::string_view pattern);

} // namespace imagewright::base
