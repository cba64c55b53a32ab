// SPDX-License-Identifier: MIT
#include "yaml/line_slips.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/secret_words.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::yaml {

namespace {

using Slips = std::optional<LineSlip>;

/// How far back a cause is looked for.
constexpr std::size_t k_most_lines = 200;

/// The lines that may have been read as one value: from the last entry before the complaint on.
std::size_t window_start(std::span<const Line> lines, std::size_t complaint) {
  std::size_t start = complaint;
  for (std::size_t count = 0; count < k_most_lines; ++count) {
    const auto before = content_before(lines, start);
    if (!before) return start;
    start = *before;
    if (is_entry(lines[start].content)) return start;
  }
  return start;
}

/// Does the mapping that this line begins or belongs to go on in the next line?
bool goes_on(std::span<const Line> lines, std::size_t index) {
  const std::size_t next = next_content(lines, index);
  return next < lines.size() && lines[next].indentation == without_dashes(lines[index]).indentation;
}

Slips find_comment_of_another_kind(const Line& line, std::size_t index) {
  if (!line.content.starts_with("//")) return std::nullopt;
  return LineSlip{index, 0, "a comment does not begin with \"//\"", "write \"#\" in its place"};
}

/// "key:value", "key:|", "key = value"
Slips find_wrong_separator(std::span<const Line> lines, std::size_t index) {
  const Line& line = lines[index];
  const Line inner = without_dashes(line);
  const std::string_view word = leading_word(inner.content);
  if (word.empty() || is_entry(line.content)) return std::nullopt;
  const std::size_t end = line.content.size() - inner.content.size() + word.size();
  const std::string_view rest = line.content.substr(end);
  const bool is_block = rest == ":|" || rest == ":>" || rest == ":|-" || rest == ":>-";
  if (rest == " |" || rest == " >" || rest == " |-" || rest == " >-") {
    return LineSlip{index, end, fmt::format("the key {} has no colon", base::quoted(word)),
                    fmt::format("write a colon behind {}", base::quoted(word))};
  }
  // An item of a list may be a text with a colon or "=" in it.
  if (is_item(line) && !is_block && !goes_on(lines, index)) return std::nullopt;
  if (rest.size() > 1 && rest[0] == ':' && !rest.starts_with("://")) {
    return LineSlip{index, end,
                    fmt::format("the colon of {} has no blank behind it", base::quoted(word)),
                    "write a blank behind the colon"};
  }
  const std::size_t sign = rest.find_first_not_of(' ');
  if (sign != std::string_view::npos && rest[sign] == '=') {
    return LineSlip{
        index, end + sign,
        fmt::format("a \"=\" stands behind {} in the place of a colon", base::quoted(word)),
        "write \":\" and a blank in its place"};
  }
  return std::nullopt;
}

/// "\"key: value\"" in one pair of quotes
Slips find_quoted_entry(const Line& line, std::size_t index) {
  const Line inner = without_dashes(line);
  const std::string_view content = inner.content;
  const char quote = content.empty() ? ' ' : content.front();
  const bool is_quoted = (quote == '"' || quote == '\'') && content.size() > 2 &&
                         content.find(quote, 1) == content.size() - 1;
  if (!is_quoted) return std::nullopt;
  const std::string_view word = leading_word(content.substr(1));
  if (word.empty() || !content.substr(1 + word.size()).starts_with(": ")) return std::nullopt;
  return LineSlip{
      index, line.content.size() - content.size(),
      fmt::format("the key {} and its value stand in one pair of quotes", base::quoted(word)),
      "remove the quotes"};
}

/// Whether an item of a list starts in this column above this line, in the list that it is near to.
bool has_items_above(std::span<const Line> lines, std::size_t index) {
  const std::size_t column = lines[index].indentation;
  for (auto above = content_before(lines, index); above; above = content_before(lines, *above)) {
    if (lines[*above].indentation > column) continue;
    return lines[*above].indentation == column && is_item(lines[*above]);
  }
  return false;
}

Slips missing_dash(std::size_t index) {
  return LineSlip{index, 0, "this item of a list has no dash", "write \"- \" before it"};
}

Slips dash_without_blank(const Line& line, std::size_t index) {
  return LineSlip{
      index, 0, fmt::format("the dash of {} has no blank behind it", base::quoted(line.content)),
      fmt::format("write \"- {}\"", base::escape_controls(base::trimmed(line.content.substr(1))))};
}

/// Does a line that is no key stand right below the key of a list, in its column?
bool begins_list(std::span<const Line> lines, std::size_t index) {
  const auto before = content_before(lines, index);
  const Line parent = before ? without_dashes(lines[*before]) : Line();
  if (!is_key_alone(parent.content) || parent.indentation != lines[index].indentation) return false;
  const std::size_t next = next_content(lines, index);
  const bool is_followed = next < lines.size() && is_item(lines[next]) &&
                           lines[next].indentation == lines[index].indentation;
  const std::string_view content = lines[index].content;
  const bool is_no_key =
      leading_word(content).size() != content.size() || content.find('-') != std::string_view::npos;
  return is_followed || (is_no_key && content.find(' ') == std::string_view::npos);
}

/// A word among items: one of them, or the key of what stands below it.
Slips word_among_items(std::span<const Line> lines, std::size_t index, std::string_view word) {
  const Line& line = lines[index];
  const std::size_t next = next_content(lines, index);
  const bool is_last = next == lines.size();
  const bool may_be_key = word.size() == line.content.size() &&
                          word.find_first_of("-_") == std::string_view::npos && !is_last;
  if (!may_be_key || lines[next].indentation < line.indentation) return missing_dash(index);
  const std::string as_key = fmt::format("write \"{}:\"", word);
  if (lines[next].indentation > line.indentation)
    return LineSlip{index, 0, fmt::format("the key {} has no colon", base::quoted(word)), as_key};
  if (!is_item(lines[next])) return missing_dash(index);
  return LineSlip{
      index, 0,
      fmt::format("{} has neither a dash before it nor a colon behind it", base::quoted(word)),
      fmt::format("write \"- {0}\" if it is an item of the list, \"{0}:\" if it is a key", word)};
}

/// A key without its colon; what is indented deeper than an entry with a value goes on with that.
Slips find_key_without_colon(std::span<const Line> lines, std::size_t index,
                             std::size_t complaint) {
  const Line inner = without_dashes(lines[index]);
  const std::string_view word = leading_word(inner.content);
  const std::string_view rest = inner.content.substr(word.size());
  const bool is_key = rest.empty() || rest.starts_with(' ');
  const auto before = content_before(lines, index);
  const bool is_continued = before && is_entry(lines[*before].content) &&
                            !is_key_alone(lines[*before].content) &&
                            without_dashes(lines[*before]).indentation < inner.indentation;
  const bool is_near = inner.indentation == without_dashes(lines[complaint]).indentation ||
                       next_content(lines, index) == complaint;
  const bool is_misplaced = is_item(lines[index]) && before &&
                            is_key_alone(lines[*before].content) &&
                            without_dashes(lines[*before]).indentation > lines[index].indentation;
  if (is_misplaced) return std::nullopt;
  const bool is_lone_item = is_item(lines[index]) && !goes_on(lines, index);
  if (!is_key || !is_near || is_continued || is_lone_item) return std::nullopt;
  return LineSlip{index, lines[index].content.size() - inner.content.size(),
                  fmt::format("the key {} has no colon", base::quoted(word)),
                  rest.empty() ? fmt::format("write \"{}:\"", word)
                               : fmt::format("write a colon behind {}", base::quoted(word))};
}

/// Does a text block end right before this line?
bool follows_text(std::span<const Line> lines, std::size_t index) {
  while (index > 0 && lines[index - 1].content.empty() && !lines[index - 1].is_text)
    --index;
  return index > 0 && lines[index - 1].is_text;
}

/// "key: word: value"
Slips find_two_keys(const Line& line, std::size_t index) {
  const Line inner = without_dashes(line);
  const std::string_view outer_word = leading_word(inner.content);
  const std::size_t start = outer_word.size() + 2;
  if (outer_word.empty() || !inner.content.substr(outer_word.size()).starts_with(": "))
    return std::nullopt;
  const std::string_view word = leading_word(inner.content.substr(start));
  const std::string_view rest = inner.content.substr(start + word.size());
  if (word.empty() || !(rest == ":" || rest.starts_with(": "))) return std::nullopt;
  // A password with a colon in it.
  if (base::names_a_secret(outer_word) || outer_word == "value") {
    return LineSlip{index, line.content.size() - inner.content.size() + start,
                    fmt::format("a second key stands on the line of {}", base::quoted(outer_word)),
                    fmt::format("put the value of {} in quotes", base::quoted(outer_word))};
  }
  return LineSlip{index, line.content.size() - inner.content.size() + start,
                  fmt::format("two keys stand on one line, {} and {}", base::quoted(outer_word),
                              base::quoted(word)),
                  fmt::format("write {} on a line of its own, or put the value of {} in quotes",
                              base::quoted(word), base::quoted(outer_word))};
}

/// A line without a colon among entries, or without a dash among items.
Slips find_bare_line(std::span<const Line> lines, std::size_t start, std::size_t complaint) {
  for (std::size_t index = start; index <= complaint; index = next_content(lines, index)) {
    const Line& line = lines[index];
    const bool has_dash = line.content.size() > 1 && line.content[0] == '-' &&
                          line.content[1] != ' ' && line.content[1] != '-';
    const std::string_view word = leading_word(without_dashes(line).content);
    if (is_entry(line.content)) continue;
    if (!is_item(line) && follows_text(lines, index)) return slip_behind_text(lines, index);
    if (word.empty() && !has_dash) continue;
    if (!is_item(line) && (has_items_above(lines, index) || begins_list(lines, index)))
      return has_dash ? dash_without_blank(line, index) : word_among_items(lines, index, word);
    if (word.empty()) continue;
    if (auto slip = find_key_without_colon(lines, index, complaint)) return slip;
  }
  return std::nullopt;
}

/// An entry that is indented below one that has its value already.
Slips find_deeper_entry(std::span<const Line> lines, std::size_t complaint) {
  const auto before = content_before(lines, complaint);
  if (!before || !is_entry(lines[complaint].content)) return std::nullopt;
  const Line parent = without_dashes(lines[*before]);
  const std::string_view word = leading_word(parent.content);
  const bool has_value = is_entry(parent.content) && !is_key_alone(parent.content);
  if (!has_value || word.empty() || lines[complaint].indentation <= parent.indentation)
    return std::nullopt;
  const auto above = content_before(lines, *before);
  const bool begins_list = above && is_key_alone(lines[*above].content) &&
                           without_dashes(lines[*above]).indentation <= parent.indentation;
  const bool is_dashless =
      !is_item(lines[*before]) && (begins_list || has_items_above(lines, *before));
  // Without its dash the entry before would be the first of an item, and this the second.
  if (is_dashless && lines[complaint].indentation == parent.indentation + 2) {
    LineSlip slip = *missing_dash(*before);
    if (!begins_list)
      slip.hint +=
          fmt::format(" if it begins one, or start it in column {} if it belongs to the one "
                      "before",
                      lines[complaint].indentation + 1);
    return slip;
  }
  LineSlip slip{
      complaint, 0,
      fmt::format("this is indented below {}, which has its value already", base::quoted(word)),
      fmt::format("start it in column {}, like {} in line {}", parent.indentation + 1,
                  base::quoted(word), parent.number)};
  if (is_intruder(lines, *before, lines[complaint].indentation)) {
    slip.related_line = *before;
    slip.related_message = "or this line should be indented as those before it";
  }
  return slip;
}

} // namespace

LineSlip slip_behind_text(std::span<const Line> lines, std::size_t index) {
  std::size_t above = index;
  while (above > 0 && (lines[above - 1].is_text || lines[above - 1].content.empty()))
    --above;
  const std::string_view word = leading_word(lines[index].content);
  const bool may_be_key = above > 0 && !word.empty() &&
                          without_dashes(lines[above - 1]).indentation == lines[index].indentation;
  if (!may_be_key) {
    return {index, 0, "this line is not indented as the text before it",
            "indent it as the lines before it, if it belongs to them"};
  }
  return {index, 0, "this is neither a key with a colon nor indented as the text before it",
          fmt::format("write a colon behind {} if it is a key, or indent the line as the text",
                      base::quoted(word))};
}

Slips find_sure_slip(std::span<const Line> lines, std::size_t complaint) {
  const std::size_t start = window_start(lines, complaint);
  for (std::size_t index = start; index <= complaint && index < lines.size();
       index = next_content(lines, index)) {
    if (lines[index].content.empty()) continue;
    if (auto slip = find_odd_sign(lines[index], index)) return slip;
    if (auto slip = find_comment_of_another_kind(lines[index], index)) return slip;
    if (auto slip = find_wrong_separator(lines, index)) return slip;
    const bool is_near = index == complaint || next_content(lines, index) == complaint;
    if (is_near) {
      if (auto slip = find_quoted_entry(lines[index], index)) return slip;
    }
  }
  return std::nullopt;
}

Slips find_likely_slip(std::span<const Line> lines, std::size_t complaint) {
  if (complaint >= lines.size()) return std::nullopt;
  const std::size_t start = window_start(lines, complaint);
  if (auto slip = find_bare_line(lines, start, complaint)) return slip;
  if (auto slip = find_two_keys(lines[complaint], complaint)) return slip;
  if (auto slip = find_deeper_entry(lines, complaint)) return slip;
  return find_deeper_entry(lines, start);
}

} // namespace imagewright::yaml
