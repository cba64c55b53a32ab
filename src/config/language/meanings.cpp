// SPDX-License-Identifier: MIT
#include "config/language/meanings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/values.hpp"

namespace imagewright::config {

std::string size_text(base::ByteSize size) {
  for (const auto& [shift, unit] : {std::pair{40U, 'T'}, {30U, 'G'}, {20U, 'M'}}) {
    const bool is_whole = size.bytes() > 0 && size.is_multiple_of(base::ByteSize(1ULL << shift));
    if (is_whole) return fmt::format("{}{}", size.bytes() >> shift, unit);
  }
  return fmt::format("{}M", (size.bytes() + (1U << 20U) - 1) >> 20U);
}

std::optional<base::ByteSize> meant_size(std::string_view text) {
  std::string compact;
  for (const char character : base::to_lower(base::trimmed(text))) {
    if (character != ' ' && character != '_') compact += character;
  }
  std::string_view rest = compact;
  double number = 0;
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (failure != std::errc() || number < 0 || number > 1e6) return std::nullopt;
  rest = std::string_view(end, rest.data() + rest.size());
  constexpr std::string_view units = "kmgt";
  const std::size_t unit = rest.empty() ? std::string_view::npos : units.find(rest[0]);
  if (unit == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(1);
  if (!rest.empty() && rest != "b" && rest != "i" && rest != "ib") return std::nullopt;
  const double bytes = number * static_cast<double>(1ULL << (10 * (unit + 1)));
  if (std::trunc(bytes) != bytes) return std::nullopt;
  return base::ByteSize(static_cast<std::uint64_t>(bytes));
}

std::string meant_time(std::string_view text) {
  std::string day(text.substr(0, text.find_first_of(" T")));
  std::string rest(text.substr(day.size()));
  const bool is_german = day.size() == 10 && day[2] == '.' && day[5] == '.';
  if (is_german) day = fmt::format("{}-{}-{}", day.substr(6), day.substr(3, 2), day.substr(0, 2));
  std::ranges::replace(day, '/', '-');
  if (rest.starts_with(' ')) rest[0] = 'T';
  for (const std::string_view end : {"", "Z", ":00Z"}) {
    const std::string meant = day + rest + std::string(end);
    if (parse_time(meant)) return meant;
  }
  return {};
}

std::string meant_permissions(std::string_view text) {
  constexpr std::string_view letters = "rwxrwxrwx";
  if (text.size() != letters.size()) return {};
  unsigned bits = 0;
  for (std::size_t index = 0; index < letters.size(); ++index) {
    if (text[index] != letters[index] && text[index] != '-') return {};
    bits = (bits << 1U) | (text[index] == '-' ? 0U : 1U);
  }
  return fmt::format("{:o}", bits);
}

} // namespace imagewright::config
