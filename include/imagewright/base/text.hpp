// SPDX-License-Identifier: MIT
#pragma once

// Small operations on text that do not depend on a locale.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::base {

/// In double quotes, with quotes, backslashes and control characters escaped: for messages.
std::string quoted(std::string_view text);
/// Control characters and bytes that are not UTF-8 as \xNN; everything else unchanged.
std::string escape_controls(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);
/// The pieces between separators; an empty text gives one empty piece.
std::vector<std::string> split(std::string_view text, char separator);
/// The pieces between runs of blanks and tabs and newlines; never an empty piece.
std::vector<std::string> split_whitespace(std::string_view text);
std::string_view trimmed(std::string_view text);
/// ASCII only.
std::string to_lower(std::string_view text);
/// Line breaks, tabs and their like, which have no place in one field or line.
bool has_control_characters(std::string_view text);
bool is_valid_utf8(std::string_view text);
/// Does `text` match a shell pattern with * ? and [sets]? No special meaning for "/".
bool matches_glob(std::string_view text, std::string_view pattern);

} // namespace imagewright::base
