// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/epoch.hpp>

namespace imagewright::base {

std::string to_iso8601(Epoch epoch) {
  const auto day = std::chrono::floor<std::chrono::days>(epoch);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(epoch - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

} // namespace imagewright::base
