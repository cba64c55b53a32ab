// SPDX-License-Identifier: MIT
#include "report/event_text.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

namespace imagewright::report {

namespace {

double ratio(std::uint64_t done, std::uint64_t total) {
  return std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
}

std::string amount_text(const Progress& progress) {
  if (progress.bytes_total) {
    return fmt::format("{} of {}", to_string(progress.bytes_done),
                       to_string(*progress.bytes_total));
  }
  return progress.bytes_done.bytes() > 0 ? to_string(progress.bytes_done) : std::string();
}

std::string items_text(const Progress& progress) {
  if (progress.items_total) {
    return fmt::format("{}/{}", progress.items_done, *progress.items_total);
  }
  return progress.items_done > 0 ? fmt::format("{}", progress.items_done) : std::string();
}

/// Lines of a message stay lines; anything that could steer a terminal is made visible.
std::string escaped_lines(std::string_view text) {
  std::vector<std::string> lines = base::split(text, '\n');
  if (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  for (std::string& line : lines)
    line = base::escape_controls(base::without_secrets(line));
  return base::join(lines, "\n");
}

} // namespace

std::string duration_text(std::chrono::nanoseconds duration) {
  using namespace std::chrono_literals;
  const double seconds = std::chrono::duration<double>(duration).count();
  if (duration < 1s) return fmt::format("{:.0f} ms", seconds * 1000.0);
  if (duration < 60s) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

std::string progress_text(const Progress& progress) {
  std::vector<std::string> parts;
  for (std::string part :
       {items_text(progress), amount_text(progress), base::escape_controls(progress.current)}) {
    if (!part.empty()) parts.push_back(std::move(part));
  }
  return base::join(parts, ", ");
}

double fraction_of(const Progress& progress) {
  if (progress.bytes_total && progress.bytes_total->bytes() > 0) {
    return ratio(progress.bytes_done.bytes(), progress.bytes_total->bytes());
  }
  if (progress.items_total && *progress.items_total > 0) {
    return ratio(progress.items_done, *progress.items_total);
  }
  return -1.0;
}

std::string started_text(std::string_view stage, std::string_view detail) {
  if (detail.empty()) return fmt::format("{}: started", stage);
  return fmt::format("{}: {}", stage, base::escape_controls(detail));
}

std::string finished_text(std::string_view stage, StageOutcome outcome, std::string_view summary,
                          std::chrono::nanoseconds duration) {
  std::string text =
      fmt::format("{}: {} {}", stage, outcome == StageOutcome::done ? "done in" : "failed after",
                  duration_text(duration));
  if (!summary.empty()) text += fmt::format(" ({})", base::escape_controls(summary));
  return text;
}

std::string message_text(Level level, std::string_view text, base::Color color) {
  const std::string body = escaped_lines(text);
  if (level == Level::info) return body;
  std::string prefix(to_string(level));
  if (color == base::Color::on) {
    switch (level) {
    case Level::debug:
    case Level::info:
      prefix = "\x1b[2m" + prefix + "\x1b[0m";
      break;
    case Level::warning:
      prefix = "\x1b[1;33m" + prefix + "\x1b[0m";
      break;
    case Level::error:
      prefix = "\x1b[1;31m" + prefix + "\x1b[0m";
      break;
    }
  }
  return prefix + ": " + body;
}

} // namespace imagewright::report
