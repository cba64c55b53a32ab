// SPDX-License-Identifier: MIT
#include "text_lines.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::finalize {

namespace {

[[noreturn]] void throw_no_line(const model::LocatedText& pattern, const std::string& path) {
  throw base::Error(base::FailureKind::input,
                    {.code = "finalize.no-such-line",
                     .message = fmt::format("{} has no line like {}", base::quoted(path),
                                            base::quoted(pattern.text)),
                     .where = pattern.where,
                     .hint = "compare it with the file letter by letter, blanks included; \"*\" "
                             "stands for any text"});
}

std::vector<std::string> lines_of(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return base::split(text, '\n');
}

std::vector<std::string> with_added(std::vector<std::string> lines, const model::LineEdit& edit,
                                    const std::string& path) {
  auto place = lines.end();
  if (edit.anchor) {
    place = std::ranges::find_if(
        lines, [&](const std::string& line) { return matches_line(line, edit.anchor->text); });
    if (place == lines.end()) throw_no_line(*edit.anchor, path);
    if (edit.place == model::LinePlace::after) ++place;
  }
  const auto added = lines_of(edit.text);
  lines.insert(place, added.begin(), added.end());
  return lines;
}

std::vector<std::string> with_replaced(const std::vector<std::string>& lines,
                                       const model::LineEdit& edit, const std::string& path) {
  std::vector<std::string> result;
  bool is_found = false;
  for (const std::string& line : lines) {
    if (!matches_line(line, edit.pattern.text)) {
      result.push_back(line);
      continue;
    }
    is_found = true;
    if (edit.kind == model::LineEditKind::remove) continue;
    const auto replacement = lines_of(edit.text);
    result.insert(result.end(), replacement.begin(), replacement.end());
  }
  if (!is_found) throw_no_line(edit.pattern, path);
  return result;
}

} // namespace

bool matches_line(std::string_view line, std::string_view pattern) {
  const auto parts = base::split(pattern, '*');
  if (parts.size() == 1) return line == pattern;
  if (!line.starts_with(parts.front())) return false;
  line.remove_prefix(parts.front().size());
  for (std::size_t index = 1; index + 1 < parts.size(); ++index) {
    const auto found = line.find(parts[index]);
    if (found == std::string_view::npos) return false;
    line.remove_prefix(found + parts[index].size());
  }
  return line.ends_with(parts.back());
}

std::string edited(std::string_view text, const model::LineEdit& edit, const std::string& path) {
  const bool has_end = text.empty() || text.ends_with('\n');
  auto lines = text.empty() ? std::vector<std::string>() : lines_of(text);
  lines = edit.kind == model::LineEditKind::add ? with_added(std::move(lines), edit, path)
                                                : with_replaced(lines, edit, path);
  std::string result = base::join(lines, "\n");
  if (has_end && !lines.empty()) result += '\n';
  return result;
}

} // namespace imagewright::finalize
