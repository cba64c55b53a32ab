// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/report/factory.hpp>

#include "report/reporters.hpp"

namespace imagewright::report {

std::optional<ProgressMode> find_progress_mode(std::string_view word) {
  if (word == "auto") return ProgressMode::automatic;
  if (word == "plain") return ProgressMode::plain;
  if (word == "json") return ProgressMode::json;
  if (word == "none") return ProgressMode::none;
  return std::nullopt;
}

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

std::unique_ptr<Reporter> make_reporter(const ReporterOptions& options, const Clock& clock) {
  switch (options.mode) {
  case ProgressMode::automatic:
  case ProgressMode::terminal:
    if (is_terminal(options.fd)) return std::make_unique<TerminalReporter>(options, clock);
    return std::make_unique<PlainReporter>(options, clock);
  case ProgressMode::plain:
  case ProgressMode::none:
    return std::make_unique<PlainReporter>(options, clock);
  case ProgressMode::json:
    return std::make_unique<JsonReporter>(options, clock);
  }
  IMAGEWRIGHT_ASSERT(false);
  return nullptr;
}

} // namespace imagewright::report
