// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

namespace imagewright::base {

namespace {

constexpr std::string_view k_whitespace = " \t\r\n";

bool is_control(unsigned char byte) {
  return byte < 0x20 || byte == 0x7F;
}

/// Length of the UTF-8 sequence at the start of `text` (Unicode 15, table 3-7), or 0 when it is not
/// well-formed.
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t index) -> unsigned char {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0;
  };
  const auto is_tail = [&](std::size_t index) { return (at(index) & 0xC0U) == 0x80; };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return is_tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!is_tail(1) || !is_tail(2)) return 0;
    if (first == 0xE0 && at(1) < 0xA0) return 0;
    if (first == 0xED && at(1) > 0x9F) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!is_tail(1) || !is_tail(2) || !is_tail(3)) return 0;
    if (first == 0xF0 && at(1) < 0x90) return 0;
    if (first == 0xF4 && at(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

/// The code point of a well-formed sequence.
char32_t code_point(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first;
  char32_t value = first & (0x7FU >> sequence.size());
  for (const char byte : sequence.substr(1))
    value = (value << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  return value;
}

/// Is it something that terminals and editors obey instead of showing: C1 controls, what turns the
/// direction of writing, what ends a line, what has no width? And the blank that is none to them.
bool steers(char32_t point) {
  return (point >= 0x80 && point <= 0xA0) || point == 0x061C || point == 0x200B ||
         point == 0x200E || point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF ||
         (point >= 0xE0000 && point <= 0xE007F);
}

/// Do the runners of CI services take a text that begins like this for a command of theirs?
/// "::error file=x::text" at the start of a line, "##[group]" and "##vso[…]" anywhere in it.
bool begins_command(std::string_view text, bool is_at_start) {
  if (text.starts_with("##[") || text.starts_with("##vso[")) return true;
  if (!is_at_start || !text.starts_with("::")) return false;
  return text.find("::", 2) != std::string_view::npos;
}

/// Matches one [set] at the start of `pattern`; gives its length, or 0 when it is not closed.
std::size_t match_set(std::string_view pattern, char character, bool& matches) {
  const bool is_negated = pattern.size() > 1 && (pattern[1] == '!' || pattern[1] == '^');
  std::size_t position = is_negated ? 2 : 1;
  bool found = false;
  const std::size_t start = position;
  while (position < pattern.size() && (pattern[position] != ']' || position == start)) {
    const char low = pattern[position];
    char high = low;
    if (position + 2 < pattern.size() && pattern[position + 1] == '-' &&
        pattern[position + 2] != ']') {
      high = pattern[position + 2];
      position += 2;
    }
    found = found || (low <= character && character <= high);
    ++position;
  }
  if (position >= pattern.size()) return 0;
  matches = found != is_negated;
  return position + 1;
}

/// Length of the pattern element at the start of `pattern` when it matches `character`, else 0.
std::size_t match_element(std::string_view pattern, char character) {
  if (pattern.empty()) return 0;
  if (pattern[0] == '?') return 1;
  if (pattern[0] == '[') {
    bool matches = false;
    const std::size_t length = match_set(pattern, character, matches);
    if (length > 0) return matches ? length : 0;
  }
  return pattern[0] == character ? 1 : 0;
}

} // namespace

std::string escape_controls(std::string_view text) {
  std::string result;
  bool is_at_start = true;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    const char32_t point = length == 0 ? byte : code_point(text.substr(0, length));
    if (length == 0 || is_control(byte) || begins_command(text, is_at_start)) {
      result += byte == '\n' ? "\\n" : byte == '\t' ? "\\t" : fmt::format("\\x{:02x}", byte);
      text.remove_prefix(1);
    } else if (steers(point)) {
      result += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(point));
      text.remove_prefix(length);
    } else {
      result += text.substr(0, length);
      text.remove_prefix(length);
    }
    is_at_start = is_at_start && byte == ' ';
  }
  return result;
}

std::string quoted(std::string_view text) {
  std::string escaped;
  for (const char character : text) {
    if (character == '"' || character == '\\') escaped += '\\';
    escaped += character;
  }
  return '"' + escape_controls(escaped) + '"';
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string result;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    if (index > 0) result += separator;
    result += parts[index];
  }
  return result;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (;;) {
    const std::size_t end = text.find(separator, start);
    if (end == std::string_view::npos) break;
    parts.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  parts.emplace_back(text.substr(start));
  return parts;
}

std::vector<std::string> split_whitespace(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t start = text.find_first_not_of(k_whitespace);
  while (start != std::string_view::npos) {
    const std::size_t end = text.find_first_of(k_whitespace, start);
    parts.emplace_back(text.substr(start, end == std::string_view::npos ? end : end - start));
    start = end == std::string_view::npos ? end : text.find_first_not_of(k_whitespace, end);
  }
  return parts;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(k_whitespace);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(k_whitespace) - start + 1);
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  for (char& character : result) {
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
  }
  return result;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte < 0x20 || byte == 0x7F;
  });
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool matches_glob(std::string_view text, std::string_view pattern) {
  // Linear backtracking: only the last star can ever need another try.
  std::size_t text_position = 0;
  std::size_t pattern_position = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (text_position < text.size()) {
    if (pattern_position < pattern.size() && pattern[pattern_position] == '*') {
      star = pattern_position++;
      star_text = text_position;
      continue;
    }
    const std::size_t length = match_element(pattern.substr(pattern_position), text[text_position]);
    if (length > 0) {
      pattern_position += length;
      ++text_position;
    } else if (star != std::string_view::npos) {
      pattern_position = star + 1;
      text_position = ++star_text;
    } else {
      return false;
    }
  }
  while (pattern_position < pattern.size() && pattern[pattern_position] == '*')
    ++pattern_position;
  return pattern_position == pattern.size();
}

} // namespace imagewright::base
