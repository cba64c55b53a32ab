// SPDX-License-Identifier: MIT
#pragma once

// How long something took, for people.

#include <chrono>
#include <string>

namespace imagewright::report {

/// "320 ms", "3.2 s", "2 min 5 s"
std::string duration_text(std::chrono::nanoseconds duration);

} // namespace imagewright::report
