// SPDX-License-Identifier: MIT
#pragma once

// Bytes as letters (RFC 4648).

#include <optional>
#include <string>
#include <string_view>

namespace imagewright::base {

/// Of the first alphabet, padded.
std::string to_base64(std::string_view bytes);
/// Of either alphabet, padded or not; nothing when it is anything else.
std::optional<std::string> from_base64(std::string_view text);

} // namespace imagewright::base
