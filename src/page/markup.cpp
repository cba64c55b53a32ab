// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/page/markup.hpp>

namespace imagewright::page {

namespace {

constexpr std::string_view k_replacement = "\xEF\xBF\xBD";
constexpr std::string_view k_no_break_space = "\xC2\xA0";

// Colours have a contrast of at least 4.5 to 1 to what they stand on (WCAG 2.1, 1.4.3).
constexpr std::string_view k_style = R"(
:root { color-scheme: light dark; --ground: #ffffff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de;
  --bar: #0b6bcb; --bar-text: #ffffff; --inner: #6fa8dc; --good: #1a7f37; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --text: #e6edf3; --soft: #9aa4af; --line: #30363d;
  --bar: #1f6feb; --bar-text: #ffffff; --inner: #3d5f8f; --good: #3fb950; --bad: #ff7b72; } }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
th { overflow-wrap: normal; } td { white-space: pre-wrap; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { overflow-x: auto; }
svg { width: 100%; height: auto; } svg text { fill: var(--text); font: 12px system-ui, sans-serif; }
svg .soft { fill: var(--soft); } svg .bar { fill: var(--bar); } svg .inner { fill: var(--inner); }
svg .tile { fill: var(--bar); stroke: var(--ground); stroke-width: 2; } svg .on-tile { fill: var(--bar-text); }
)";

/// How many bytes the character at the beginning has, or 0 when there is none that may stand in a
/// document.
std::size_t length_of_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x20) return first == '\n' || first == '\t' ? 1 : 0;
  if (first < 0x7F) return 1;
  for (std::size_t length = 2; length <= 4 && length <= text.size(); ++length) {
    const std::string_view character = text.substr(0, length);
    if (base::is_valid_utf8(character)) {
      // What turns the direction of writing makes a page say something else than its bytes do.
      const bool steers = base::escape_controls(character) != character;
      return steers && character != k_no_break_space ? 0 : length;
    }
  }
  return 0;
}

std::string_view entity_of(char character) {
  switch (character) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  // Where a page is printed, no text begins a line: CI services take some for commands.
  case '\n':
    return "&#10;";
  default:
    return {};
  }
}

std::string row(std::string_view tag, const std::vector<Cell>& cells) {
  std::string text = "<tr>";
  for (const Cell& cell : cells) {
    text += fmt::format("<{0}{1}{2}>{3}</{0}>", tag,
                        cell.kind == Cell::Kind::number ? " class=\"number\"" : "",
                        tag == "th" ? " scope=\"col\"" : "", escaped(cell.text));
  }
  return text + "</tr>\n";
}

} // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = length_of_character(text);
    const std::string_view entity = entity_of(text.front());
    if (length == 0) {
      result += k_replacement;
    } else {
      result += entity.empty() ? text.substr(0, length) : entity;
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string document(std::string_view title, std::string_view body) {
  return fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<main>\n"
                     "<h1>{0}</h1>\n{2}</main>\n</body>\n</html>\n",
                     escaped(title), k_style, body);
}

std::string table(std::string_view caption, const std::vector<Cell>& heads,
                  const std::vector<std::vector<Cell>>& rows) {
  std::string text = fmt::format("<div class=\"wide\"><table>\n<caption>{}</caption>\n<thead>\n{}"
                                 "</thead>\n<tbody>\n",
                                 escaped(caption), row("th", heads));
  for (const std::vector<Cell>& cells : rows) {
    if (cells.size() != heads.size())
      throw base::BugError(fmt::format("a row of '{}' has {} cells instead of {}", caption,
                                       cells.size(), heads.size()));
    text += row("td", cells);
  }
  return text + "</tbody>\n</table></div>\n";
}

std::string section(std::string_view heading, std::string_view markup) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", escaped(heading), markup);
}

std::string paragraph(std::string_view text) {
  return fmt::format("<p>{}</p>\n", escaped(text));
}

} // namespace imagewright::page
