// SPDX-License-Identifier: MIT
#pragma once

// Slips of the pen that the parser library notices lines later, if at all: a key without its
// colon, a colon or a dash without its blank, signs that only look like what YAML wants.

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "yaml/lines.hpp"

namespace imagewright::yaml {

/// What is wrong with a line, and at which byte of its content.
struct LineSlip {
  std::size_t line = 0; ///< index into the lines
  std::size_t at = 0;
  std::string message;
  std::string hint;
  std::optional<std::size_t> related_line = std::nullopt; ///< that may be the wrong one instead
  std::string related_message = {};
};

/// What only looks like blanks before a line.
std::optional<LineSlip> find_odd_indentation(const Line& line, std::size_t index);

/// Signs in a line that only look like a blank, a colon or the dash of an item.
std::optional<LineSlip> find_odd_sign(const Line& line, std::size_t index);

/// About a line without a key right behind a text block: part of that, or a key without its colon.
LineSlip slip_behind_text(std::span<const Line> lines, std::size_t index);

/// A slip that no right line shows, in the lines that the library took for one value and complained
/// about at the end of: the first one of them.
std::optional<LineSlip> find_sure_slip(std::span<const Line> lines, std::size_t complaint);

/// A line among those that is no entry and no item although its neighbours are, or one that is
/// indented below a key that has its value already.
std::optional<LineSlip> find_likely_slip(std::span<const Line> lines, std::size_t complaint);

/// Does a line stand less deep than the last lines above it that are about as deep as `column`?
bool is_intruder(std::span<const Line> lines, std::size_t index, std::size_t column);

/// About a line that fits to no line above it: where it could start. `complaint` is its index.
std::optional<LineSlip> find_misfit(std::span<const Line> lines, std::size_t complaint);

} // namespace imagewright::yaml
