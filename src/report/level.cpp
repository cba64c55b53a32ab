// SPDX-License-Identifier: MIT
#include <array>
#include <utility>

#include <imagewright/report/reporter.hpp>

namespace imagewright::report {

namespace {

constexpr std::array<std::pair<Level, std::string_view>, 4> k_words{{
    {Level::debug, "debug"},
    {Level::info, "info"},
    {Level::warning, "warning"},
    {Level::error, "error"},
}};

} // namespace

std::string_view to_string(Level level) {
  return k_words.at(static_cast<std::size_t>(level)).second;
}

std::optional<Level> find_level(std::string_view word) {
  for (const auto& [level, name] : k_words) {
    if (name == word) return level;
  }
  return std::nullopt;
}

} // namespace imagewright::report
