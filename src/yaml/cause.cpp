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

/// "content: |-", "- >2": a text follows on the next lines.
bool announces_text(const Line& line) {
  const std::size_t blank = line.content.rfind(' ');
  if (blank == std::string_view::npos) return false;
  const std::string_view mark = line.content.substr(blank + 1);
  return (mark[0] == '|' || mark[0] == '>') &&
         mark.find_first_not_of("+-123456789", 1) == std::string_view::npos;
}

/// The column, counted from 0, of what stands behind the closing quote of "key: \"text\" more"; the
/// end of the line when there is nothing.
std::size_t end_of_quoted_value(std::string_view content) {
  std::size_t start = content.starts_with("- ") ? 2 : 0;
  const std::size_t colon = content.find(": ");
  if (colon != std::string_view::npos) start = content.find_first_not_of(' ', colon + 1);
  const char quote = start < content.size() ? content[start] : ' ';
  if (quote != '"' && quote != '\'') return content.size();
  std::size_t end = content.find(quote, start + 1);
  while (quote == '"' && end != std::string_view::npos && content[end - 1] == '\\')
    end = content.find(quote, end + 1);
  if (end == std::string_view::npos) return content.size();
  const std::size_t next = content.find_first_not_of(' ', end + 1);
  const bool is_comment = next != std::string_view::npos && content[next] == '#';
  return next == std::string_view::npos || is_comment || content[next] == quote ? content.size()
                                                                                : next;
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

bool follows_announced_text(std::string_view text, std::uint32_t line) {
  const std::vector<Line> lines = lines_of(text);
  return line >= 2 && line <= lines.size() && announces_text(lines[line - 2]) &&
         lines[line - 1].indentation <= lines[line - 2].indentation;
}

std::optional<base::Diagnostic> find_cause(std::string_view text, std::uint32_t line,
                                           const std::string& file) {
  const std::vector<Line> lines = lines_of(text);
  for (const Line& each : lines) {
    if (each.indentation != 0 || !each.content.starts_with("<<<<<<< ")) continue;
    return cause(each, file, "two versions of these lines are not merged yet",
                 "keep what is right of the two, and remove the lines of \"<\", \"=\" and \">\"");
  }
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
                   fmt::format("write \"- {}\"",
                               base::escape_controls(base::trimmed(each.content.substr(1)))));
    }
    const Line* before = index > 1 ? &lines[index - 2] : nullptr;
    if (before != nullptr && announces_text(*before) && each.indentation <= before->indentation) {
      return cause(each, file, "the text that the line before announces is not indented",
                   "indent it deeper than the key it belongs to");
    }
    const std::size_t rest = end_of_quoted_value(each.content);
    if (looked_at == 1 && rest < each.content.size()) {
      Line behind = each;
      behind.indentation += rest;
      return cause(behind, file, "there is text behind the closing quote",
                   "put all of the value between the quotes, or remove what follows them");
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
