// SPDX-License-Identifier: MIT
#pragma once

// Which path is in which directory, by the names alone.

#include <string_view>

namespace imagewright::base {

/// Whether the path is in the directory, at any depth. Both begin alike and are in shortest form:
/// no slash at the end but that of "/".
bool is_below(std::string_view path, std::string_view directory);

/// Likewise, or the directory itself.
bool is_at_or_below(std::string_view path, std::string_view directory);

} // namespace imagewright::base
