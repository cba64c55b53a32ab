// SPDX-License-Identifier: MIT
#include <charconv>
#include <chrono>

#include <imagewright/advisory/evaluate.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "feeds.hpp"

namespace imagewright::advisory {

namespace {

std::optional<int> number_at(std::string_view text, std::size_t start, std::size_t length) {
  if (text.size() < start + length) return std::nullopt;
  int value = 0;
  const char* first = text.data() + start;
  const auto [stopped, error] = std::from_chars(first, first + length, value);
  if (error != std::errc() || stopped != first + length || value < 0) return std::nullopt;
  return value;
}

std::optional<base::Epoch> parse_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return base::Epoch(std::chrono::seconds(seconds));
}

} // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
  case Severity::unknown:
    return "unknown";
  case Severity::low:
    return "low";
  case Severity::medium:
    return "medium";
  case Severity::high:
    return "high";
  case Severity::critical:
    return "critical";
  }
  throw base::BugError("unknown severity");
}

std::optional<Severity> find_severity(std::string_view word) {
  const std::string lower = base::to_lower(word);
  if (lower == "critical") return Severity::critical;
  if (lower == "high" || lower == "important") return Severity::high;
  if (lower == "medium" || lower == "moderate") return Severity::medium;
  if (lower == "low") return Severity::low;
  return std::nullopt;
}

std::string_view to_string(FeedKind kind) {
  switch (kind) {
  case FeedKind::oval:
    return "OVAL";
  case FeedKind::osv:
    return "OSV";
  case FeedKind::csaf:
    return "CSAF";
  case FeedKind::updateinfo:
    return "updateinfo";
  }
  throw base::BugError("unknown kind of feed");
}

std::string_view to_string(Status status) {
  switch (status) {
  case Status::affected:
    return "affected";
  case Status::no_fix:
    return "no-fix";
  case Status::suppressed:
    return "suppressed";
  case Status::unknown:
    return "unknown";
  case Status::fixed:
    return "fixed";
  }
  throw base::BugError("unknown status");
}

std::optional<base::Epoch> parse_time(std::string_view text) {
  if (text.find('-') == std::string_view::npos) return parse_seconds(text);
  const auto year = number_at(text, 0, 4);
  const auto month = number_at(text, 5, 2);
  const auto day = number_at(text, 8, 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  // A date alone is its midnight in UTC.
  const auto hour = number_at(text, 11, 2).value_or(0);
  const auto minute = number_at(text, 14, 2).value_or(0);
  const auto second = number_at(text, 17, 2).value_or(0);
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

} // namespace imagewright::advisory
