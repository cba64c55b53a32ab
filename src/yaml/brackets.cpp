// SPDX-License-Identifier: MIT
#include "yaml/brackets.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "yaml/characters.hpp"

namespace imagewright::yaml {

namespace {

/// Walks through a collection in brackets.
class BracketWalk {
public:
  BracketWalk(std::string_view text, std::size_t offset, std::size_t least_column)
      : text_(text), index_(offset), least_column_(least_column) {}

  BracketReading walk() {
    do {
      step();
      // What is nested too deeply is refused elsewhere.
      if (open_.size() > 256) return {};
    } while (!slip_ && !open_.empty() && index_ < text_.size());
    if (!slip_ && !open_.empty()) report_open();
    if (!slip_) slip_ = find_comment_slip(text_, index_);
    return {std::move(slip_), std::move(broken_keys_)};
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

  /// The key that is open ends before `end`.
  void end_key(std::size_t end) {
    Open& open = open_.back();
    if (open.key && open.has_key_break) broken_keys_.push_back({*open.key, end});
    open.key.reset();
  }

  void end_entry() {
    if (open_.back().key) end_key(index_);
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
    if (index_ < text_.size() && text_[index_] == ':') end_key(index_);
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
      end_key(text_[start] == ':' ? start : index_ - 1);
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
  std::vector<Stretch> broken_keys_;
};

/// Where the comment ends that begins at `index`, or `index`.
std::size_t skip_comment(std::string_view text, std::size_t index) {
  const bool is_comment = text[index] == '#' && index > 0 && is_blank_or_break(text[index - 1]);
  return is_comment ? std::min(text.find('\n', index), text.size()) : index;
}

} // namespace

BracketReading read_brackets(std::string_view text, std::size_t offset, std::size_t least_column) {
  return BracketWalk(text, offset, least_column).walk();
}

std::optional<Slip> find_flow_slip(std::string_view text, std::size_t offset) {
  // The outermost bracket: that of a file that is JSON, or the first one of the line.
  const std::size_t line = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_json = first < text.size() && (text[first] == '{' || text[first] == '[');
  std::size_t opening = first;
  if (!is_json) {
    opening = text.find_first_of("[{", line);
    while (opening < text.size() && opening > line && !is_blank(text[opening - 1]))
      opening = text.find_first_of("[{", opening + 1);
  }
  if (opening < text.size() && opening <= offset) {
    if (auto slip = read_brackets(text, opening, 0).slip) return slip;
  }
  if (offset >= text.size() || std::string_view("]},").find(text[offset]) != std::string_view::npos)
    return std::nullopt;
  if (text[offset] == ':')
    return Slip{offset,
                "there is no comma between the key before this colon and what stands before that",
                "write a comma between two entries, or put a value that holds \": \" in quotes"};
  return Slip{offset, "there is neither a comma nor a colon before this",
              "write a comma between two entries, a colon behind a key, or put a text that holds "
              "brackets in quotes"};
}

std::string with_keys_on_one_line(std::string text, std::span<const Stretch> keys) {
  for (const Stretch& key : keys) {
    const std::string before = text;
    for (std::size_t index = key.begin; index < key.end; ++index) {
      const bool is_quote = before[index] == '"' || before[index] == '\'';
      const bool begins_quoted =
          is_quote && (index == key.begin || is_blank_or_break(before[index - 1]));
      const std::size_t end = begins_quoted ? read_quoted(before, index, 0).end
                                            : std::max(index + 1, skip_comment(before, index));
      const bool is_comment = !begins_quoted && end > index + 1;
      for (; index < end && index < key.end; ++index) {
        if (is_comment || text[index] == '\n' || text[index] == '\r') text[index] = ' ';
      }
      --index;
    }
  }
  return text;
}

std::string folded(std::string_view text) {
  std::string result;
  std::size_t breaks = 0;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    std::string_view line = text.substr(start, end - start);
    line.remove_prefix(std::min(line.find_first_not_of(k_blanks), line.size()));
    line = line.substr(0, line.find_last_not_of(k_blanks) + 1);
    if (!line.empty() && !result.empty())
      result += breaks <= 1 ? std::string(" ") : std::string(breaks - 1, '\n');
    if (!line.empty()) breaks = 0;
    result += line;
    ++breaks;
    start = end + 1;
  }
  return result;
}

} // namespace imagewright::yaml
