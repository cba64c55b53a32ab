// SPDX-License-Identifier: MIT
#include "yaml/cause.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "yaml/line_slips.hpp"
#include "yaml/lines.hpp"

namespace imagewright::yaml {

namespace {

bool is_dash_without_blank(const Line& line) {
  return line.content.size() > 1 && line.content[0] == '-' && line.content[1] != ' ' &&
         !line.content.starts_with("--");
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

base::Diagnostic at_slip(const std::vector<Line>& lines, const LineSlip& slip,
                         const std::string& file) {
  Line line = lines[slip.line];
  const std::string_view before = line.content.substr(0, slip.at);
  line.indentation += static_cast<std::size_t>(std::ranges::count_if(
      before, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
  base::Diagnostic diagnostic = cause(line, file, slip.message, slip.hint);
  if (slip.related_line) {
    const Line& other = lines[*slip.related_line];
    diagnostic.related.push_back(
        {{file, other.number, static_cast<std::uint32_t>(other.indentation + 1)},
         slip.related_message});
  }
  return diagnostic;
}

/// The line of the complaint, and the last one with content before it.
std::optional<base::Diagnostic> find_near_cause(const std::vector<Line>& lines, std::size_t index,
                                                const std::string& file) {
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
      const char quote = each.content.back();
      const bool is_inside = quote == '\'' || quote == '"';
      return cause(behind, file, "there is text behind the closing quote",
                   !is_inside      ? "put all of the value between the quotes, or remove what "
                                     "follows them"
                   : quote == '\'' ? "write a quote inside of the text twice: ''"
                                   : "write a backslash before each quote inside of the text");
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<Slip> find_text_slip(std::string_view text, std::size_t offset, std::uint32_t line) {
  const std::vector<Line> lines = lines_of(text);
  if (line < 2 || line > lines.size()) return std::nullopt;
  // The first of the lines without a key that stand between the text and this one.
  std::size_t first = line - 1;
  std::size_t above = first;
  while (above > 0 && !lines[above - 1].is_text) {
    const Line& each = lines[above - 1];
    if (!each.content.empty() && (is_entry(each.content) || is_item(each))) break;
    --above;
    if (!each.content.empty()) first = above;
  }
  if (above > 0 && lines[above - 1].is_text) {
    std::size_t start = offset;
    for (std::size_t breaks = line - 1 - first + 1; breaks > 0; --breaks)
      start = start == 0 ? std::string_view::npos : text.rfind('\n', start - 1);
    start = start == std::string_view::npos ? 0 : start + 1;
    LineSlip slip = slip_behind_text(lines, first);
    return Slip{start + lines[first].indentation, std::move(slip.message), std::move(slip.hint)};
  }
  const bool is_announced =
      above == line - 1 && above > 0 && announces_text(lines[above - 1]) &&
      lines[line - 1].indentation <= without_dashes(lines[above - 1]).indentation;
  if (!is_announced) return std::nullopt;
  return Slip{offset, "the text that the line before announces is not indented",
              "indent it deeper than the key it belongs to"};
}

std::optional<base::Diagnostic> find_cause(std::string_view text, std::uint32_t line,
                                           const std::string& file) {
  const std::vector<Line> lines = lines_of(text);
  for (const Line& each : lines) {
    if (each.indentation != 0 || !each.content.starts_with("<<<<<<< ")) continue;
    return cause(each, file, "two versions of these lines are not merged yet",
                 "keep what is right of the two, and remove the lines of \"<\", \"=\" and \">\"");
  }
  const std::size_t index = std::min<std::size_t>(line, lines.size());
  if (index == 0) return std::nullopt;
  if (const auto slip = find_sure_slip(lines, index - 1)) return at_slip(lines, *slip, file);
  return find_near_cause(lines, index, file);
}

std::optional<base::Diagnostic> find_odd_cause(std::string_view text, std::uint32_t line,
                                               const std::string& file) {
  const std::vector<Line> lines = lines_of(text);
  for (std::size_t index = 0; index < lines.size(); ++index) {
    // What is used for indentation leads readers astray many lines away.
    const auto slip = lines[index].number == line ? find_odd_sign(lines[index], index)
                                                  : find_odd_indentation(lines[index], index);
    if (slip) return at_slip(lines, *slip, file);
  }
  return std::nullopt;
}

std::optional<base::Diagnostic> find_cause_of_misfit(std::string_view text, std::uint32_t line,
                                                     const std::string& file) {
  const std::vector<Line> lines = lines_of(text);
  if (line == 0 || line > lines.size()) return std::nullopt;
  auto slip = find_likely_slip(lines, line - 1);
  if (!slip) slip = find_misfit(lines, line - 1);
  return slip ? std::optional(at_slip(lines, *slip, file)) : std::nullopt;
}

} // namespace imagewright::yaml
