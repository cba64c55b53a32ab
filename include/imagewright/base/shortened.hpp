// SPDX-License-Identifier: MIT
#pragma once

// Texts of strangers that are shown on a line, and may be of any length.

#include <cstddef>
#include <string>
#include <string_view>

namespace imagewright::base {

/// At most so many bytes of a text, of whole characters of UTF-8; for what is cut off stands "…".
std::string shortened(std::string_view text, std::size_t most);

} // namespace imagewright::base
