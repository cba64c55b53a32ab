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
/// What would steer a terminal or a CI service instead of being read: control characters, bytes that
/// are not UTF-8 and the beginnings of commands to CI runners as \xNN, what turns the direction of
/// writing or ends a line as \u{NNNN}. Everything else is unchanged. Every text of strangers passes
/// through here before it is shown.
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
/// Only visible ASCII characters, and no colon that could begin a command to a CI service or a
/// second field: what names and architectures of packages are made of. A number and a colon may
/// stand in front ("1:2.0-3").
bool is_plain_word(std::string_view text);
bool is_valid_utf8(std::string_view text);
/// Does `text` match a shell pattern with * ? and [sets]? No special meaning for "/".
bool matches_glob(std::string_view text, std::string_view pattern);

} // namespace imagewright::base
