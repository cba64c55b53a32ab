// SPDX-License-Identifier: MIT
#pragma once

// The words in which people read events.

#include <string>
#include <string_view>

#include <imagewright/base/render.hpp>
#include <imagewright/report/duration_text.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::report {

/// "57/135, 48 MiB of 107 MiB, bash"; empty when nothing is known.
std::string progress_text(const Progress& progress);

/// Between 0 and 1, by bytes when their total is known, else by items; negative when neither is.
double fraction_of(const Progress& progress);

/// "install: 135 packages"
std::string started_text(std::string_view stage, std::string_view detail);

/// "install: done in 3.2 s (135 packages)"
std::string finished_text(std::string_view stage, StageOutcome outcome, std::string_view summary,
                          std::chrono::nanoseconds duration);

/// A message as shown: errors and warnings say so in front, control characters are escaped.
std::string message_text(Level level, std::string_view text, base::Color color);

} // namespace imagewright::report
