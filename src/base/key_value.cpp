// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>
#include <vector>

#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::base {

namespace {

constexpr std::string_view k_blanks = " \t\r";

/// Reads the value that begins with `text`, as the shell reads a word.
class WordReader {
public:
  explicit WordReader(std::string_view text) : text_(text) {}

  /// Nothing when a quote is never closed.
  std::optional<std::string> read() {
    while (position_ < text_.size()) {
      const char byte = text_[position_];
      if (byte == '\n' || k_blanks.find(byte) != std::string_view::npos || byte == ';') break;
      ++position_;
      bool is_closed = true;
      if (byte == '\'') {
        is_closed = read_single_quoted();
      } else if (byte == '"') {
        is_closed = read_double_quoted();
      } else if (byte == '\\') {
        read_escaped();
      } else {
        word_ += byte;
      }
      if (!is_closed) return std::nullopt;
    }
    return word_;
  }
  /// How much of the text was read.
  std::size_t position() const { return position_; }

private:
  bool read_single_quoted() {
    const std::size_t end = text_.find('\'', position_);
    if (end == std::string_view::npos) return false;
    word_ += text_.substr(position_, end - position_);
    position_ = end + 1;
    return true;
  }

  bool read_double_quoted() {
    constexpr std::string_view k_escapable = "$`\"\\";
    while (position_ < text_.size()) {
      const char byte = text_[position_++];
      if (byte == '"') return true;
      if (byte != '\\' || position_ == text_.size()) {
        word_ += byte;
        continue;
      }
      const char next = text_[position_++];
      if (next == '\n') continue; // the line goes on
      if (k_escapable.find(next) == std::string_view::npos) word_ += byte;
      word_ += next;
    }
    return false;
  }

  void read_escaped() {
    if (position_ == text_.size()) {
      word_ += '\\';
      return;
    }
    const char next = text_[position_++];
    if (next != '\n') word_ += next;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::string word_;
};

/// An assignment and where it stands: from the start of its line to the end of the line on which
/// its value ends, without the line break.
struct Assignment {
  std::size_t start = 0;
  std::size_t end = 0;
  std::string key;
  std::string value;
};

std::size_t end_of_line(std::string_view text, std::size_t position) {
  const std::size_t end = text.find('\n', position);
  return end == std::string_view::npos ? text.size() : end;
}

std::size_t count_of_name(std::string_view text) {
  constexpr std::string_view k_name =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  const std::size_t end = text.find_first_not_of(k_name);
  return end == std::string_view::npos ? text.size() : end;
}

/// The assignment on the line that starts at `start`.
std::optional<Assignment> read_line(std::string_view text, std::size_t start) {
  std::size_t position = text.find_first_not_of(k_blanks, start);
  if (position == std::string_view::npos) return std::nullopt;
  constexpr std::string_view k_export = "export ";
  if (text.substr(position).starts_with(k_export)) position += k_export.size();
  const std::size_t name_size = count_of_name(text.substr(position));
  const std::size_t equals = position + name_size;
  if (name_size == 0 || equals >= text.size() || text[equals] != '=') return std::nullopt;
  Assignment found{.start = start, .key = std::string(text.substr(position, name_size))};
  WordReader reader(text.substr(equals + 1));
  auto value = reader.read();
  const std::size_t line_end = end_of_line(text, equals);
  found.end = value ? end_of_line(text, equals + 1 + reader.position()) : line_end;
  found.value = value ? std::move(*value)
                      : std::string(trimmed(text.substr(equals + 1, line_end - equals - 1)));
  return found;
}

std::vector<Assignment> read_assignments(std::string_view text) {
  std::vector<Assignment> found;
  for (std::size_t start = 0; start < text.size();) {
    auto assignment = read_line(text, start);
    start = (assignment ? assignment->end : end_of_line(text, start)) + 1;
    if (assignment) found.push_back(std::move(*assignment));
  }
  return found;
}

} // namespace

std::optional<std::string> find_value(std::string_view text, std::string_view key) {
  std::optional<std::string> found;
  for (Assignment& each : read_assignments(text)) {
    if (each.key == key) found = std::move(each.value);
  }
  return found;
}

std::string with_value(std::string_view text, std::string_view key, std::string_view value) {
  std::string result;
  std::size_t copied = 0;
  bool is_set = false;
  for (const Assignment& each : read_assignments(text)) {
    if (each.key != key) continue;
    result += text.substr(copied, each.start - copied);
    if (!is_set) result.append(key).append("=").append(value).append("\n");
    is_set = true;
    copied = std::min(each.end + 1, text.size());
  }
  result += text.substr(copied);
  if (!result.empty() && !result.ends_with('\n')) result += '\n';
  if (!is_set) result.append(key).append("=").append(value).append("\n");
  return result;
}

} // namespace imagewright::base
