// SPDX-License-Identifier: MIT
#pragma once

// What people mean who write a value as other programs have it, for hints.

#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/byte_size.hpp>

namespace imagewright::config {

/// A size in the largest unit in which it is whole, or in whole MiB: "4G".
std::string size_text(base::ByteSize size);

/// "4g", "4GiB", "4Gi", "4 GB" or "1.5G": a size that is one.
std::optional<base::ByteSize> meant_size(std::string_view text);

/// "28.10.2025", "2025/10/28", "2025-10-28 12:00" as they are to be written; empty for anything
/// else. "10/28/2025" and "28/10/2025" cannot be told apart by a reader.
std::string meant_time(std::string_view text);

/// "rw-r--r--" as digits; empty for anything else.
std::string meant_permissions(std::string_view text);

} // namespace imagewright::config
