// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/render.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

namespace imagewright::base {

namespace {

struct Palette {
  std::string_view strong, error, warning, note, dim, reset;
};

Palette palette_for(Color color) {
  if (color == Color::off) return {};
  return {"\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[2m", "\x1b[0m"};
}

std::string severity_word(Severity severity, const Palette& palette) {
  switch (severity) {
  case Severity::error:
    return fmt::format("{}error{}", palette.error, palette.reset);
  case Severity::warning:
    return fmt::format("{}warning{}", palette.warning, palette.reset);
  case Severity::note:
    break;
  }
  return fmt::format("{}note{}", palette.note, palette.reset);
}

/// The source line and a caret under its column; tabs are kept in front of the caret so that it
/// stays in place.
std::string excerpt(const SourceLocation& where, const SourceLineReader& read_line,
                    const Palette& palette) {
  constexpr std::size_t longest_line = 160;
  if (where.line == 0 || !read_line) return {};
  const auto line = read_line(where.file, where.line);
  if (!line) return {};
  std::string text = without_secrets(*line);
  // A caret behind what was left out would point at something else.
  const auto [kept, unused] = std::mismatch(text.begin(), text.end(), line->begin(), line->end());
  const bool is_whole = text == *line;
  const auto kept_columns = static_cast<std::size_t>(kept - text.begin());
  std::replace(text.begin(), text.end(), '\t', ' ');
  text = escape_controls(text.substr(0, longest_line));
  // What is no text grows fourfold, and nobody reads it.
  if (text.size() > longest_line) text.resize(longest_line);
  const std::string number = std::to_string(where.line);
  std::string result = fmt::format("{} {} |{} {}\n", palette.dim, number, palette.reset, text);
  if (where.column > 0 && where.column <= longest_line &&
      (is_whole || where.column <= kept_columns)) {
    result += fmt::format("{} {} |{} {}{}^{}\n", palette.dim, std::string(number.size(), ' '),
                          palette.reset, std::string(where.column - 1, ' '), palette.strong,
                          palette.reset);
  }
  return result;
}

/// Metadata may call a file by a name of megabytes: what counts stands at both ends.
std::string without_middle(const std::string& line) {
  constexpr std::size_t longest = 8192;
  constexpr std::size_t end = 1024;
  if (line.size() <= longest) return line;
  return fmt::format("{} [{} bytes are left out] {}", line.substr(0, longest - end),
                     line.size() - longest, line.substr(line.size() - end));
}

/// Foreign texts stand in messages, contexts and hints: nothing in them steers a terminal, and what
/// follows a line end never looks like a line of ours or of a CI service.
std::string shown(std::string_view text) {
  std::vector<std::string> lines = split(text, '\n');
  if (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  for (std::string& line : lines)
    line = escape_controls(without_middle(without_secrets(line)));
  return join(lines, "\n  | ");
}

} // namespace

std::string render(const Diagnostic& diagnostic, const SourceLineReader& read_line, Color color) {
  const Palette palette = palette_for(color);
  std::string text;
  if (diagnostic.where) {
    text += fmt::format("{}{}:{} ", palette.strong, escape_controls(to_string(*diagnostic.where)),
                        palette.reset);
  }
  text += fmt::format("{}: {} {}[{}]{}\n", severity_word(diagnostic.severity, palette),
                      shown(diagnostic.message), palette.dim, diagnostic.code, palette.reset);
  if (diagnostic.where) text += excerpt(*diagnostic.where, read_line, palette);
  for (const RelatedLocation& related : diagnostic.related) {
    text += fmt::format("  {}: {}\n", escape_controls(to_string(related.where)),
                        shown(related.message));
    text += excerpt(related.where, read_line, palette);
  }
  for (const std::string& line : diagnostic.context)
    text += fmt::format("  {}\n", shown(line));
  if (!diagnostic.hint.empty()) {
    text += fmt::format("  {}hint:{} {}\n", palette.note, palette.reset, shown(diagnostic.hint));
  }
  return text;
}

} // namespace imagewright::base
