// SPDX-License-Identifier: MIT
#pragma once

// Bytes from their hexadecimal digits; digest.hpp has the other direction.

#include <optional>
#include <string>
#include <string_view>

namespace imagewright::base {

/// A byte for every two lower-case digits; nothing when there are others, or half a byte.
std::optional<std::string> from_hex(std::string_view text);

} // namespace imagewright::base
