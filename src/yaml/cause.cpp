// SPDX-License-Identifier: MIT
#include "yaml/cause.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

namespace imagewright::yaml {

namespace {

struct Line {
  std::uint32_t number = 0;
  std::size_t indentation = 0;
  std::string_view content; ///< without blanks at its ends; empty for comments too
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  std::uint32_t number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::string_view whole = text.substr(start, text.find('\n', start) - start);
    Line line{++number, whole.find_first_not_of(' '), base::trimmed(whole)};
    if (line.content.starts_with('#')) line.content = {};
    lines.push_back(line);
    start += whole.size() + 1;
  }
  return lines;
}

bool is_item(const Line& line) {
  return line.content == "-" || line.content.starts_with("- ");
}

bool is_dash_without_blank(const Line& line) {
  return line.content.size() > 1 && line.content[0] == '-' && line.content[1] != ' ' &&
         !line.content.starts_with("--");
}

/// A word that looks like a key, and nothing else.
bool is_bare_word(const Line& line) {
  return !line.content.empty() &&
         line.content.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789_-") == std::string_view::npos &&
         line.content[0] != '-';
}

base::Diagnostic cause(const Line& line, const std::string& file, std::string message,
                       std::string hint) {
  return {.code = "yaml.syntax",
          .message = std::move(message),
          .where = base::SourceLocation{file, line.number,
                                        static_cast<std::uint32_t>(line.indentation + 1)},
          .hint = std::move(hint)};
}

} // namespace

std::optional<base::Diagnostic> find_cause(std::string_view text, std::uint32_t line,
                                           const std::string& file) {
  const std::vector<Line> lines = lines_of(text);
  std::size_t index = std::min<std::size_t>(line, lines.size());
  // The line of the complaint, and the last one with content before it.
  for (int looked_at = 0; index > 0 && looked_at < 2; --index) {
    const Line& each = lines[index - 1];
    if (each.content.empty()) continue;
    ++looked_at;
    const bool has_sibling =
        index > 1 && (is_item(lines[index - 2]) || lines[index - 2].content.ends_with(':'));
    if (is_dash_without_blank(each) && (has_sibling || looked_at == 2)) {
      return cause(each, file,
                   fmt::format("the dash of {} has no blank behind it", base::quoted(each.content)),
                   fmt::format("write \"- {}\"", base::escape_controls(each.content.substr(1))));
    }
    const bool is_followed = index < lines.size();
    if (is_bare_word(each) && is_followed) {
      return cause(each, file, fmt::format("the key {} has no colon", base::quoted(each.content)),
                   fmt::format("write \"{}:\"", each.content));
    }
  }
  return std::nullopt;
}

} // namespace imagewright::yaml
