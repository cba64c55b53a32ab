// SPDX-License-Identifier: MIT
#pragma once

// A text that is no YAML, line by line, as a person reads it: what looks like a key, like an item
// of a list, and where it starts.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace imagewright::yaml {

struct Line {
  std::uint32_t number = 0;
  std::size_t indentation = 0;
  std::string_view content; ///< without blanks at its ends; empty for comments and text blocks too
  bool is_text = false;     ///< of a text block
};

std::vector<Line> lines_of(std::string_view text);

/// "-" or "- more".
bool is_item(const Line& line);

/// What stands behind the dashes of items, and in which column it starts, counted from 0.
Line without_dashes(Line line);

/// A word that a key may be, at the beginning of a text; empty when there is none.
std::string_view leading_word(std::string_view content);

/// Whether a text begins with a word and a colon behind it: "key:", "key: value".
bool is_entry(std::string_view content);

/// "key:" without a value.
bool is_key_alone(std::string_view content);

/// The next line that has content; the number of lines when there is none.
std::size_t next_content(std::span<const Line> lines, std::size_t index);

/// The last line before this one that has content.
std::optional<std::size_t> content_before(std::span<const Line> lines, std::size_t index);

/// "content: |-", "- >2": a text follows on the next lines.
bool announces_text(const Line& line);

} // namespace imagewright::yaml
