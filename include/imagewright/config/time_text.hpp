// SPDX-License-Identifier: MIT
#pragma once

// Points in time as users write them.

#include <optional>
#include <string_view>

#include <imagewright/base/epoch.hpp>

namespace imagewright::config {

/// "2026-01-31", which is that day's midnight in UTC, or RFC 3339 with an offset or "Z". Absent: it
/// is neither.
std::optional<base::Epoch> parse_time(std::string_view text);

} // namespace imagewright::config
