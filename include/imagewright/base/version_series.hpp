// SPDX-License-Identifier: MIT
#pragma once

// Does a version belong to a series?

#include <string_view>

namespace imagewright::base {

/// "6.6" has 6.6, 6.6.134.1-2 and 6.6-rc1; it does not have 6.60, 6.6a or 16.6. An empty series has
/// nothing.
bool is_in_series(std::string_view version, std::string_view series);

} // namespace imagewright::base
