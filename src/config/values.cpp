// SPDX-License-Identifier: MIT
#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iterator>
#include <limits>

#include <imagewright/base/checked.hpp>
#include <imagewright/base/text.hpp>

#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text, int radix) {
  std::uint64_t number = 0;
  const auto [end, failure] =
      std::from_chars(text.data(), text.data() + text.size(), number, radix);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "1.0", "1e3": the number, when it is whole and a double holds it exactly.
std::optional<std::uint64_t> parse_whole_fraction(std::string_view text) {
  constexpr double largest = 9007199254740992.0; // 2^53
  const bool has_leading_zero = text.size() > 1 && text[0] == '0' && text[1] != '.';
  if (text.empty() || has_leading_zero ||
      text.find_first_not_of("0123456789.eE+-") != std::string_view::npos)
    return std::nullopt;
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < 0 || number > largest || std::trunc(number) != number) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

std::optional<unsigned> unit_shift(char unit) {
  switch (unit) {
  case 'K':
    return 10U;
  case 'M':
    return 20U;
  case 'G':
    return 30U;
  case 'T':
    return 40U;
  default:
    return std::nullopt;
  }
}

/// Reads `count` digits at `offset`.
std::optional<int> digits_at(std::string_view text, std::size_t offset, std::size_t count) {
  if (offset + count > text.size()) return std::nullopt;
  const std::string_view part = text.substr(offset, count);
  if (!is_digits(part)) return std::nullopt;
  return static_cast<int>(*parse_unsigned(part, 10));
}

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
  const auto year = digits_at(text, 0, 4);
  const auto month = digits_at(text, 5, 2);
  const auto day = digits_at(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

/// "Z", "+02:00"
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes(0);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = digits_at(text, 1, 2);
  const auto minutes = digits_at(text, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return text[0] == '-' ? -offset : offset;
}

} // namespace

std::optional<base::ByteSize> parse_size(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const std::string_view digits = text.substr(0, text.size() - 1);
  const auto shift = unit_shift(text.back());
  if (!shift || !is_digits(digits) || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  const auto number = parse_unsigned(digits, 10);
  if (!number || *number > (std::uint64_t{1} << (62U - *shift))) return std::nullopt;
  return base::ByteSize(*number << *shift);
}

std::optional<mode_t> parse_permissions(std::string_view text) {
  if (text.empty() || text.find_first_not_of("01234567") != std::string_view::npos)
    return std::nullopt;
  const auto number = parse_unsigned(text, 8);
  if (!number || *number > 0777) return std::nullopt;
  return static_cast<mode_t>(*number);
}

std::optional<base::Epoch> parse_time(std::string_view text) {
  const auto day = parse_day(text.substr(0, 10));
  if (!day) return std::nullopt;
  if (text.size() == 10) return base::Epoch(*day);
  const auto hour = digits_at(text, 11, 2);
  const auto minute = digits_at(text, 14, 2);
  const auto second = digits_at(text, 17, 2);
  if (!hour || !minute || !second || text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  std::string_view rest = text.substr(19);
  if (!rest.empty() && rest[0] == '.') {
    const std::size_t end = rest.find_first_not_of("0123456789", 1);
    if (end == 1 || end == std::string_view::npos) return std::nullopt;
    rest = rest.substr(end);
  }
  const auto offset = parse_offset(rest);
  if (!offset) return std::nullopt;
  return base::Epoch(*day) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) - *offset;
}

bool is_boolean_literal(std::string_view text) {
  constexpr std::array words = {"true", "True", "TRUE", "false", "False", "FALSE"};
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<bool> parse_boolean(std::string_view text) {
  constexpr std::array yes = {"true", "True", "TRUE", "y",  "Y", "yes",
                              "Yes",  "YES",  "on",   "On", "ON"};
  constexpr std::array no = {"false", "False", "FALSE", "n",   "N",  "no",
                             "No",    "NO",    "off",   "Off", "OFF"};
  if (std::find(yes.begin(), yes.end(), text) != yes.end()) return true;
  if (std::find(no.begin(), no.end(), text) != no.end()) return false;
  return std::nullopt;
}

std::optional<bool> meant_boolean(std::string_view text) {
  const std::string lower = base::to_lower(text);
  if (lower == "enabled" || lower == "enable" || lower == "1") return true;
  if (lower == "disabled" || lower == "disable" || lower == "0") return false;
  return parse_boolean(lower);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('_')) return std::nullopt; // a text to every reader of YAML
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](char character) { return character != '_'; });
  const bool is_negative = digits.starts_with('-');
  if (is_negative || digits.starts_with('+')) digits.erase(0, 1);
  const std::string prefix = base::to_lower(std::string_view(digits).substr(0, 2));
  const std::string_view rest =
      std::string_view(digits).substr(std::min<std::size_t>(2, digits.size()));
  std::optional<std::uint64_t> number;
  if (prefix == "0x") {
    number = parse_unsigned(rest, 16);
  } else if (prefix == "0o") {
    number = parse_unsigned(rest, 8);
  } else if (prefix == "0b") {
    number = parse_unsigned(rest, 2);
  } else if (is_digits(digits) && (digits.size() == 1 || digits[0] != '0')) {
    number = parse_unsigned(digits, 10);
  } else {
    number = parse_whole_fraction(digits);
  }
  if (!number) return std::nullopt;
  const auto positive = base::checked_cast<std::int64_t>(*number);
  if (!positive) return std::nullopt;
  return is_negative ? -*positive : *positive;
}

std::optional<model::PartitionKind> parse_partition_kind(std::string_view text) {
  const Key* disks = find_key(k_storage_type.keys, "disks");
  const Key* partitions = find_key(disks->type->item->keys, "partitions");
  const Key* type = find_key(partitions->type->item->keys, "type");
  const Word* word = find_word(type->type->words, text);
  if (word == nullptr) return std::nullopt;
  return static_cast<model::PartitionKind>(word->value);
}

} // namespace imagewright::config
