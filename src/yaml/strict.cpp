// SPDX-License-Identifier: MIT
#include "yaml/strict.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "yaml/text_check.hpp"

namespace imagewright::yaml {

namespace {

constexpr std::string_view k_blanks = " \t\r";

bool is_blank(char character) {
  return k_blanks.find(character) != std::string_view::npos;
}
bool is_blank_or_break(char character) {
  return is_blank(character) || character == '\n';
}
bool is_bracket_or_comma(char character) {
  return std::string_view("[]{},").find(character) != std::string_view::npos;
}

/// Does a line look like a key, or like an item of a list?
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

/// Walks through a collection in brackets.
class BracketWalk {
public:
  BracketWalk(std::string_view text, std::size_t offset, std::size_t least_column)
      : text_(text), index_(offset), least_column_(least_column) {}

  std::optional<Slip> walk() {
    do {
      step();
      // What is nested too deeply is refused elsewhere.
      if (open_.size() > 256) return std::nullopt;
    } while (!slip_ && !open_.empty() && index_ < text_.size());
    if (!slip_ && !open_.empty()) report_open();
    if (!slip_) slip_ = find_comment_slip(text_, index_);
    return slip_;
  }

private:
  struct Open {
    std::size_t offset = 0;
    bool has_entry = false;
    std::optional<std::size_t> key =
        std::nullopt;           ///< where a key begins whose colon is not read yet
    bool has_key_break = false; ///< whether a line ends behind the beginning of that key
  };

  void report(std::size_t offset, std::string message, std::string hint) {
    slip_ = Slip{offset, std::move(message), std::move(hint)};
  }

  char closing_of(std::size_t offset) const { return text_[offset] == '[' ? ']' : '}'; }

  void report_open() {
    const std::size_t offset = open_.back().offset;
    report(offset, fmt::format("the \"{}\" is not closed", text_[offset]),
           fmt::format("write \"{}\" behind its last entry", closing_of(offset)));
  }

  void step() {
    const char character = text_[index_];
    if (character == '\n') {
      ++index_;
      if (!open_.empty() && open_.back().key) open_.back().has_key_break = true;
      check_line();
    } else if (is_blank(character)) {
      ++index_;
    } else if (character == '#') {
      step_over_comment();
    } else if (character == '"' || character == '\'') {
      note_entry();
      step_over_quoted();
    } else if (character == '[' || character == '{') {
      note_entry();
      open_.push_back({.offset = index_});
      ++index_;
    } else if (character == ']' || character == '}') {
      close(character);
    } else if (character == ',') {
      if (!open_.back().has_entry) {
        report(index_, "there is no entry before this comma", "remove the comma");
      }
      end_entry();
      ++index_;
    } else {
      step_over_plain();
    }
  }

  void note_entry() {
    if (open_.empty()) return;
    Open& open = open_.back();
    if (!open.has_entry && text_[open.offset] == '{') open.key = index_;
    open.has_entry = true;
  }

  /// The library reads no such keys (section 7.4.2 has them).
  void end_key() {
    Open& open = open_.back();
    if (open.key && open.has_key_break && !slip_) {
      report(*open.key, "this key and what follows it stand on two lines",
             "write the key and its colon on one line");
    }
    open.key.reset();
  }

  void end_entry() {
    if (open_.back().key) end_key();
    open_.back().has_entry = false;
    open_.back().has_key_break = false;
  }

  void step_over_quoted() {
    const std::size_t start = index_;
    index_ = read_quoted(text_, index_, 0).end;
    slip_ = find_comment_slip(text_, index_);
    if (open_.empty() || !open_.back().key) return;
    if (text_.substr(start, index_ - start).find('\n') != std::string_view::npos)
      open_.back().has_key_break = true;
    if (index_ < text_.size() && text_[index_] == ':') end_key();
  }

  void close(char character) {
    const std::size_t opening = open_.back().offset;
    if (closing_of(opening) != character) {
      report(opening,
             fmt::format("the \"{}\" is not closed before a \"{}\"", text_[opening], character),
             fmt::format("write \"{}\" behind its last entry", closing_of(opening)));
      return;
    }
    end_entry();
    open_.pop_back();
    ++index_;
  }

  void step_over_comment() {
    if (index_ > 0 && !is_blank_or_break(text_[index_ - 1])) {
      slip_ = find_comment_slip(text_, index_);
      return;
    }
    index_ = std::min(text_.find('\n', index_), text_.size());
  }

  void step_over_plain() {
    const bool is_last = index_ + 1 >= text_.size();
    const bool stands_alone =
        is_last || is_blank_or_break(text_[index_ + 1]) || is_bracket_or_comma(text_[index_ + 1]);
    if (text_[index_] == '-' && stands_alone) {
      report(index_, "a list item may not start with \"- \" inside of brackets",
             "separate the items with commas, without dashes");
      return;
    }
    const bool is_first = !open_.empty() && !open_.back().has_entry;
    if (is_first && text_.substr(index_).starts_with("// ")) {
      report(index_, "a comment does not begin with \"//\"", "write \"#\" in its place");
      return;
    }
    // "? key" begins a key in the long form, whose parts may stand on lines of their own.
    const bool is_long_form = text_[index_] == '?' && stands_alone && is_first;
    const std::size_t start = index_;
    note_entry();
    while (index_ < text_.size() && !is_blank_or_break(text_[index_]) &&
           !is_bracket_or_comma(text_[index_]))
      ++index_;
    if (open_.empty() || !open_.back().key) return;
    if (is_long_form) {
      open_.back().key.reset();
    } else if (text_[index_ - 1] == ':' || text_[start] == ':') {
      end_key();
    }
  }

  /// A line of its own starts here.
  void check_line() {
    const std::string_view rest = text_.substr(index_);
    const std::size_t spaces = std::min(rest.find_first_not_of(' '), rest.size());
    const std::size_t first = std::min(rest.find_first_not_of(" \t\r"), rest.size());
    if (first == rest.size() || spaces >= least_column_) return;
    if (std::string_view("\n#]}").find(rest[first]) != std::string_view::npos) return;
    // A key or an item here means that the bracket was forgotten.
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (begins_anew(line)) {
      report_open();
    } else {
      slip_ = indentation_slip(text_, index_);
    }
  }

  std::string_view text_;
  std::size_t index_;
  std::size_t least_column_;
  std::vector<Open> open_;
  std::optional<Slip> slip_;
};

} // namespace

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

std::optional<Slip> find_bracket_slip(std::string_view text, std::size_t offset,
                                      std::size_t least_column) {
  return BracketWalk(text, offset, least_column).walk();
}

} // namespace imagewright::yaml
