// SPDX-License-Identifier: MIT
#pragma once

// A second, strict reading of collections in brackets, straight from the text (YAML 1.2.2,
// section 7.4).

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/strict.hpp"

namespace imagewright::yaml {

/// Bytes of the text, from `begin` on and before `end`.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// What is wrong in a collection; and its keys that end, with their colon, on another line than
/// they begin, which the parser library does not read.
struct BracketReading {
  std::optional<Slip> slip;
  std::vector<Stretch> broken_keys;
};

/// Reads the collection whose bracket stands at `offset`. Slips are entries that are not there,
/// brackets that do not match, comments without a blank before them, and lines that start before
/// `least_column`.
BracketReading read_brackets(std::string_view text, std::size_t offset, std::size_t least_column);

/// About a place inside of brackets that the parser library cannot read on from.
std::optional<Slip> find_flow_slip(std::string_view text, std::size_t offset);

/// The text with blanks for the line breaks and comments in these keys.
std::string with_keys_on_one_line(std::string text, std::span<const Stretch> keys);

/// A text without quotes over several lines as the value that it is (section 6.5).
std::string folded(std::string_view text);

} // namespace imagewright::yaml
