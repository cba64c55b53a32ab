// SPDX-License-Identifier: MIT
#pragma once

// A second, strict reading of single values, straight from the text (of collections in brackets:
// brackets.hpp).
// The parser library lets slips pass there that readers of YAML disagree about, and gets some
// values wrong. (YAML 1.2.2; sections are named where a rule is applied.)

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::yaml {

/// What is wrong at a place of the text.
struct Slip {
  std::size_t offset = 0;
  std::string message;
  std::string hint;
};

/// A value as the text has it: its content, or a slip; and where it ends.
struct StrictScalar {
  std::string value;
  std::size_t end = 0; ///< offset of the first byte behind it
  std::optional<Slip> slip;
};

/// Reads quoted text whose opening quote stands at `offset`. Lines after the first start in the
/// column `least_column` or later (section 7.3).
StrictScalar read_quoted(std::string_view text, std::size_t offset, std::size_t least_column);

/// What is wrong with the header or the first lines of the text block whose "|" or ">" stands at
/// `offset` (section 8.1); its text is indented by `least_column` or more.
std::optional<Slip> find_block_slip(std::string_view text, std::size_t offset,
                                    std::size_t least_column);

/// Where a text without quotes ends that begins at `offset` and has been read as `value`.
std::size_t end_of_plain(std::string_view text, std::size_t offset, std::string_view value);

/// Does a line look like a key, or like an item of a list?
bool begins_anew(std::string_view line);

/// About a line that is not indented as the value that it goes on with.
Slip indentation_slip(std::string_view text, std::size_t line_start);

/// A comment right behind a value, without a blank before it (section 6.6).
std::optional<Slip> find_comment_slip(std::string_view text, std::size_t end);

} // namespace imagewright::yaml
