// SPDX-License-Identifier: MIT
#pragma once

// The live line of a terminal.

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "report/open_stages.hpp"

namespace imagewright::report {

/// Cuts a text to at most `width` columns, counting each code point as one and never splitting one;
/// a text that was cut ends with "…".
std::string clipped(std::string_view text, std::size_t width);

/// "/ install [######------] 57/135, 48 MiB of 107 MiB, bash", at most `width` columns.
std::string progress_line(const OpenStage& stage, std::chrono::nanoseconds now, std::size_t frame,
                          std::size_t width);

} // namespace imagewright::report
