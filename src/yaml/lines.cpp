// SPDX-License-Identifier: MIT
#include "yaml/lines.hpp"

#include <algorithm>
#include <optional>

#include <imagewright/base/text.hpp>

namespace imagewright::yaml {

namespace {

/// "key: value # comment" without the comment. A "#" in quotes is rare enough.
std::string_view without_comment(std::string_view content) {
  if (content.starts_with('#')) return {};
  if (content.find_first_of("\"'") != std::string_view::npos) return content;
  return base::trimmed(content.substr(0, content.find(" #")));
}

} // namespace

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  std::uint32_t number = 0;
  std::optional<std::size_t> announcer; // where the line starts that announces a text
  for (std::size_t start = 0; start < text.size();) {
    const std::string_view whole = text.substr(start, text.find('\n', start) - start);
    Line line{++number, std::min(whole.find_first_not_of(' '), whole.size()), base::trimmed(whole)};
    if (announcer && !line.content.empty()) {
      if (line.indentation > *announcer) {
        line.content = {};
        line.is_text = true;
      } else {
        announcer.reset();
      }
    }
    line.content = without_comment(line.content);
    // The text is deeper than the key it belongs to, or than the dash.
    const Line inner = without_dashes(line);
    if (announces_text(line))
      announcer = is_entry(inner.content) ? inner.indentation : line.indentation;
    lines.push_back(line);
    start += whole.size() + 1;
  }
  return lines;
}

bool is_item(const Line& line) {
  return line.content == "-" || line.content.starts_with("- ");
}

Line without_dashes(Line line) {
  while (is_item(line)) {
    const std::size_t next = std::min(line.content.find_first_not_of(' ', 1), line.content.size());
    line.content.remove_prefix(next);
    line.indentation += next;
  }
  return line;
}

std::string_view leading_word(std::string_view content) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::string_view others = "0123456789_-";
  std::size_t end = 0;
  while (end < content.size() && (letters.find(content[end]) != std::string_view::npos ||
                                  (end > 0 && others.find(content[end]) != std::string_view::npos)))
    ++end;
  return content.substr(0, end);
}

bool is_entry(std::string_view content) {
  return content.ends_with(':') || content.find(": ") != std::string_view::npos;
}

bool is_key_alone(std::string_view content) {
  return content.ends_with(':') && content.find(": ") == std::string_view::npos;
}

std::size_t next_content(std::span<const Line> lines, std::size_t index) {
  do {
    ++index;
  } while (index < lines.size() && lines[index].content.empty());
  return index;
}

std::optional<std::size_t> content_before(std::span<const Line> lines, std::size_t index) {
  while (index > 0) {
    --index;
    if (!lines[index].content.empty()) return index;
  }
  return std::nullopt;
}

bool announces_text(const Line& line) {
  const std::size_t blank = line.content.rfind(' ');
  if (blank == std::string_view::npos) return false;
  const std::string_view mark = line.content.substr(blank + 1);
  return (mark[0] == '|' || mark[0] == '>') &&
         mark.find_first_not_of("+-123456789", 1) == std::string_view::npos;
}

} // namespace imagewright::yaml
