// SPDX-License-Identifier: MIT
#include "yaml/strict.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "yaml/characters.hpp"
#include "yaml/text_check.hpp"

namespace imagewright::yaml {

namespace {

/// Reads what stands between two quotes, a character at a time.
class QuotedReader {
public:
  QuotedReader(std::string_view text, std::size_t offset, std::size_t least_column)
      : text_(text), offset_(offset), index_(offset + 1), quote_(text[offset]),
        least_column_(least_column) {}

  StrictScalar read() {
    while (index_ < text_.size() && !result_.slip) {
      const char character = text_[index_];
      if (character == quote_) {
        if (quote_ == '"' || index_ + 1 == text_.size() || text_[index_ + 1] != quote_) break;
        result_.value += quote_;
        index_ += 2;
      } else if (character == '\\' && quote_ == '"') {
        read_escape();
      } else if (character == '\n' || character == '\r') {
        fold();
      } else {
        result_.value += character;
        ++index_;
        if (!is_blank(character)) kept_ = result_.value.size();
        continue;
      }
      kept_ = result_.value.size();
    }
    result_.end = std::min(index_ + 1, text_.size());
    return std::move(result_);
  }

private:
  /// Section 5.7.
  void read_escape() {
    constexpr std::array<std::pair<char, std::uint32_t>, 18> simple = {{{'0', 0},
                                                                        {'a', 7},
                                                                        {'b', 8},
                                                                        {'t', 9},
                                                                        {'\t', 9},
                                                                        {'n', 10},
                                                                        {'v', 11},
                                                                        {'f', 12},
                                                                        {'r', 13},
                                                                        {'e', 27},
                                                                        {' ', 32},
                                                                        {'"', 34},
                                                                        {'/', 47},
                                                                        {'\\', 92},
                                                                        {'N', 0x85},
                                                                        {'_', 0xA0},
                                                                        {'L', 0x2028},
                                                                        {'P', 0x2029}}};
    const char letter = index_ + 1 < text_.size() ? text_[index_ + 1] : '\0';
    const auto found = std::find_if(simple.begin(), simple.end(),
                                    [&](const auto& row) { return row.first == letter; });
    if (letter == '\n' || letter == '\r') {
      ++index_;
      skip_break();
      skip_indentation();
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
      read_number(letter == 'x' ? 2 : letter == 'u' ? 4 : 8);
    } else if (found != simple.end() && letter != '\0') {
      append_code_point(result_.value, found->second);
      index_ += 2;
    } else {
      result_.slip = Slip{index_, "this escape sequence does not exist",
                          "write a backslash as \"\\\\\", or use single quotes"};
    }
  }

  void read_number(std::size_t count) {
    std::uint32_t point = 0;
    for (std::size_t digit = 0; digit < count; ++digit) {
      const std::size_t at = index_ + 2 + digit;
      constexpr std::string_view digits = "0123456789abcdef";
      const char lower = at < text_.size() ? static_cast<char>(text_[at] | 0x20) : ' ';
      const std::size_t value = digits.find(lower);
      if (value == std::string_view::npos) {
        result_.slip = Slip{index_, "an escape sequence needs hexadecimal digits",
                            "write \"\\x41\" or \"\\u0041\""};
        return;
      }
      point = (point << 4U) | static_cast<std::uint32_t>(value);
    }
    if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
      result_.slip = Slip{index_, "this escape sequence is not a character of Unicode", ""};
      return;
    }
    append_code_point(result_.value, point);
    index_ += 2 + count;
  }

  void skip_break() {
    if (index_ < text_.size() && text_[index_] == '\r') ++index_;
    if (index_ < text_.size() && text_[index_] == '\n') ++index_;
    line_start_ = index_;
  }

  void skip_indentation() {
    while (index_ < text_.size() && (text_[index_] == ' ' || text_[index_] == '\t'))
      ++index_;
    const std::size_t spaces = text_.substr(line_start_).find_first_not_of(' ');
    const bool is_empty =
        index_ >= text_.size() || is_blank_or_break(text_[index_]) || text_[index_] == quote_;
    if (is_empty || spaces >= least_column_ || result_.slip) return;
    // A key or an item here means that the closing quote was forgotten.
    if (begins_anew(text_.substr(line_start_, text_.find('\n', line_start_) - line_start_))) {
      result_.slip =
          Slip{offset_, "the quoted text has no end", "add the closing quote on this line"};
    } else {
      result_.slip = indentation_slip(text_, line_start_);
    }
  }

  /// One line break is a blank, and of several the first is none (section 6.5).
  void fold() {
    result_.value.resize(kept_);
    std::size_t breaks = 0;
    while (index_ < text_.size() && (text_[index_] == '\n' || text_[index_] == '\r')) {
      skip_break();
      skip_indentation();
      ++breaks;
    }
    result_.value += breaks == 1 ? std::string(" ") : std::string(breaks - 1, '\n');
  }

  std::string_view text_;
  std::size_t offset_;
  std::size_t index_;
  std::size_t line_start_ = 0;
  std::size_t kept_ = 0; ///< how much of the value a line break does not cut off
  char quote_;
  std::size_t least_column_;
  StrictScalar result_;
};

} // namespace

bool begins_anew(std::string_view line) {
  const std::size_t first = std::min(line.find_first_not_of(k_blanks), line.size());
  return line.find(": ") != std::string_view::npos ||
         line.substr(0, line.find_last_not_of(k_blanks) + 1).ends_with(':') ||
         line.substr(first).starts_with("- ");
}

Slip indentation_slip(std::string_view text, std::size_t line_start) {
  const std::size_t first = line_start + std::min(text.substr(line_start).find_first_not_of(' '),
                                                  text.size() - line_start);
  if (first < text.size() && text[first] == '\t')
    return {first, "a tab is used for indentation", "indent with blanks"};
  return {first, "this line is not indented enough to belong to the value before it",
          "indent it more than the key of that value"};
}

StrictScalar read_quoted(std::string_view text, std::size_t offset, std::size_t least_column) {
  return QuotedReader(text, offset, least_column).read();
}

std::optional<Slip> find_comment_slip(std::string_view text, std::size_t end) {
  if (end >= text.size() || text[end] != '#') return std::nullopt;
  return Slip{end, "a comment needs a blank before its \"#\"", "write a blank before the \"#\""};
}

std::optional<Slip> find_block_slip(std::string_view text, std::size_t offset,
                                    std::size_t least_column) {
  std::size_t index = offset + 1;
  bool has_indentation = false;
  while (index < text.size() &&
         std::string_view("+-123456789").find(text[index]) != std::string_view::npos) {
    has_indentation = has_indentation || (text[index] != '+' && text[index] != '-');
    ++index;
  }
  if (auto slip = find_comment_slip(text, index)) return slip;
  if (has_indentation) return std::nullopt;
  std::size_t line = text.find('\n', index);
  std::size_t most_spaces = 0;
  std::size_t widest = 0;
  while (line != std::string_view::npos && line + 1 < text.size()) {
    const std::size_t start = line + 1;
    const std::size_t first = std::min(text.find_first_not_of(' ', start), text.size());
    const std::size_t spaces = first - start;
    const bool is_empty = first == text.size() || text[first] == '\n' || text[first] == '\r';
    if (!is_empty) {
      // A less indented line may just be what follows the block.
      const bool is_content = spaces >= std::max<std::size_t>(least_column, 1);
      const std::size_t word = std::min(text.find_first_not_of(" \t\r", first), text.size());
      const bool has_tabs_alone =
          text[first] == '\t' && (word == text.size() || text[word] == '\n');
      if (!is_content && has_tabs_alone) return indentation_slip(text, start);
      if (!is_content || most_spaces <= spaces) return std::nullopt;
      return Slip{widest, "this empty line has more blanks than the first line of the text",
                  "remove its blanks"};
    }
    if (spaces > most_spaces) {
      most_spaces = spaces;
      widest = start;
    }
    line = text.find('\n', start);
  }
  return std::nullopt;
}

std::size_t end_of_plain(std::string_view text, std::size_t offset, std::string_view value) {
  std::size_t index = offset;
  for (std::size_t at = 0; at < value.size() && index < text.size(); ++at) {
    if (!is_blank_or_break(value[at])) {
      ++index;
      continue;
    }
    while (at + 1 < value.size() && is_blank_or_break(value[at + 1]))
      ++at;
    while (index < text.size() && is_blank_or_break(text[index]))
      ++index;
  }
  return index;
}

} // namespace imagewright::yaml
