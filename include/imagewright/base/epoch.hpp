// SPDX-License-Identifier: MIT
#pragma once

// The one point in time that an image knows.

#include <chrono>
#include <cstdint>
#include <string>

namespace imagewright::base {

/// Seconds since 1970-01-01T00:00:00Z. Every time stamp of an image is at most this
/// (SOURCE_DATE_EPOCH).
using Epoch = std::chrono::sys_seconds;

/// "2026-01-31T12:00:00Z"
std::string to_iso8601(Epoch epoch);

} // namespace imagewright::base
