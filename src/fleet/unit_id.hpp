// SPDX-License-Identifier: MIT
#pragma once

// How units are called.

#include <string>
#include <string_view>

namespace imagewright::fleet {

/// Lower-case letters, digits and hyphens; what is too long ends in a piece of its digest.
std::string unit_id(std::string_view variant, std::string_view architecture,
                    std::string_view platform);

bool is_unit_id(std::string_view text);

} // namespace imagewright::fleet
