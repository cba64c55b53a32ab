// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "yaml/line_slips.hpp"

namespace imagewright::yaml {

namespace {

struct Candidate {
  std::size_t column = 0;
  std::size_t line = 0; ///< index into the lines
  std::string text;     ///< "column 3, like \"disks\" in line 3"
};

/// Columns in which something is open, from the nearest line upwards, that a line of this kind
/// could go on in.
std::vector<Candidate> open_columns(std::span<const Line> lines, std::size_t complaint) {
  const bool wants_items = is_item(lines[complaint]);
  std::vector<Candidate> candidates;
  std::size_t smallest = SIZE_MAX;
  const auto note = [&](const Line& line, std::size_t index, bool is_dash) {
    if (line.indentation >= smallest) return;
    smallest = line.indentation;
    const std::string_view word = leading_word(line.content);
    if (is_dash != wants_items || (!is_dash && word.empty())) return;
    candidates.push_back(
        {line.indentation, index,
         is_dash ? fmt::format("in column {}, like the item in line {}", line.indentation + 1,
                               line.number)
                 : fmt::format("in column {}, like {} in line {}", line.indentation + 1,
                               base::quoted(word), line.number)});
  };
  for (auto index = content_before(lines, complaint); index && smallest > 0;
       index = content_before(lines, *index)) {
    const Line inner = without_dashes(lines[*index]);
    if (is_entry(inner.content)) note(inner, *index, false);
    // A list may stand in the column of its key, which then is open as well.
    if (is_item(lines[*index])) note(lines[*index], *index, true);
  }
  return candidates;
}

/// Of an item: the first line of its list, when it has no dash; the list stands in the column of
/// its key.
std::optional<LineSlip> find_first_without_dash(std::span<const Line> lines,
                                                std::size_t complaint) {
  const Line& item = lines[complaint];
  if (!is_item(item)) return std::nullopt;
  for (auto above = content_before(lines, complaint); above;
       above = content_before(lines, *above)) {
    if (lines[*above].indentation > item.indentation) continue;
    const std::size_t first = next_content(lines, *above);
    const std::string_view word = leading_word(without_dashes(item).content);
    const bool is_list = lines[*above].indentation == item.indentation &&
                         is_key_alone(lines[*above].content) && first < complaint &&
                         lines[first].indentation == without_dashes(item).indentation &&
                         !word.empty() && leading_word(lines[first].content) == word;
    if (!is_list) return std::nullopt;
    return LineSlip{first, 0, "this begins an item of a list, and has no dash",
                    fmt::format("write a dash before it, in column {} like that of line {}",
                                item.indentation + 1, item.number)};
  }
  return std::nullopt;
}

/// Of a key: the item above it whose dash stands in its column.
std::optional<std::size_t> dash_in_column(std::span<const Line> lines, std::size_t complaint) {
  const std::size_t column = lines[complaint].indentation;
  for (auto above = content_before(lines, complaint); above;
       above = content_before(lines, *above)) {
    if (lines[*above].indentation > column) continue;
    const bool is_dash = lines[*above].indentation == column && is_item(lines[*above]) &&
                         is_entry(lines[*above].content);
    return is_dash && !is_item(lines[complaint]) ? above : std::nullopt;
  }
  return std::nullopt;
}

/// Of an entry with a dash: the nearest key above it that stands in the column of the dash, in a
/// mapping that is still open.
std::optional<Line> key_in_column(std::span<const Line> lines, std::size_t complaint) {
  const std::size_t column = lines[complaint].indentation;
  if (!is_item(lines[complaint]) || !is_entry(lines[complaint].content)) return std::nullopt;
  for (auto above = content_before(lines, complaint); above;
       above = content_before(lines, *above)) {
    const Line inner = without_dashes(lines[*above]);
    if (inner.indentation == column && is_entry(inner.content)) return inner;
    if (inner.indentation <= column) return std::nullopt;
  }
  return std::nullopt;
}

/// Where a line of this column could start instead, and what would be around it there.
struct Starts {
  const Candidate* outer = nullptr; ///< the next column to the left
  std::string text;                 ///< "in column 3, like ..., or in column 5, like ..."
};

Starts places_for(const std::vector<Candidate>& candidates, const Line& line, const Line& parent) {
  Starts places;
  const Candidate* deeper = nullptr;
  for (const Candidate& each : candidates) {
    if (each.column > line.indentation) deeper = &each;
    if (each.column < line.indentation && places.outer == nullptr) places.outer = &each;
  }
  for (const Candidate* each : {deeper, places.outer}) {
    if (each != nullptr) places.text += (places.text.empty() ? "" : ", or ") + each->text;
  }
  if (is_item(line) && is_key_alone(parent.content)) {
    places.text += fmt::format("{}in column {}, below {} in line {}",
                               places.text.empty() ? "" : ", or ", parent.indentation + 1,
                               base::quoted(leading_word(parent.content)), parent.number);
  }
  return places;
}

} // namespace

bool is_intruder(std::span<const Line> lines, std::size_t index, std::size_t column) {
  for (auto above = content_before(lines, index); above; above = content_before(lines, *above)) {
    if (lines[*above].indentation <= column) return lines[*above].indentation == column;
  }
  return false;
}

std::optional<LineSlip> find_misfit(std::span<const Line> lines, std::size_t complaint) {
  if (complaint >= lines.size() || lines[complaint].content.empty()) return std::nullopt;
  // A list in the line of its key is another matter.
  if (lines[complaint].content.find(": - ") != std::string_view::npos) return std::nullopt;
  const std::size_t column = lines[complaint].indentation;
  const auto before = content_before(lines, complaint);
  const Line parent = before ? without_dashes(lines[*before]) : Line();
  const bool is_below_key = is_key_alone(parent.content) && column > parent.indentation;
  const std::vector<Candidate> candidates = open_columns(lines, complaint);
  const bool is_in_place =
      std::ranges::any_of(candidates, [&](const Candidate& each) { return each.column == column; });
  if (is_below_key || is_in_place) return std::nullopt;
  const Starts found = places_for(candidates, lines[complaint], parent);
  const std::string& places = found.text;
  const Candidate* outer = found.outer;
  if (auto slip = find_first_without_dash(lines, complaint)) return slip;
  const auto key = is_key_alone(parent.content) ? std::nullopt : key_in_column(lines, complaint);
  if (key) {
    return LineSlip{complaint, 0, "this item of a list stands among keys",
                    fmt::format("remove its dash to make it a key, like {} in line {}{}{}",
                                base::quoted(leading_word(key->content)), key->number,
                                places.empty() ? "" : ", or start it ", places)};
  }
  if (places.empty()) return std::nullopt;
  LineSlip slip{complaint, 0, "this line is indented like none that it could belong to",
                "start it " + places};
  if (outer != nullptr && is_intruder(lines, outer->line, column)) {
    slip.related_line = outer->line;
    slip.related_message = fmt::format("or this line should start in column {}, like those before "
                                       "and behind it",
                                       column + 1);
  } else if (const auto dash = dash_in_column(lines, complaint)) {
    slip.related_line = dash;
    slip.related_message = "or the dash of this line should not be there";
  }
  return slip;
}

} // namespace imagewright::yaml
