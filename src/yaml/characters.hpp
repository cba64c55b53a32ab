// SPDX-License-Identifier: MIT
#pragma once

// Kinds of characters that YAML gives a meaning.

#include <string_view>

namespace imagewright::yaml {

inline constexpr std::string_view k_blanks = " \t\r";

inline bool is_blank(char character) {
  return k_blanks.find(character) != std::string_view::npos;
}
inline bool is_blank_or_break(char character) {
  return is_blank(character) || character == '\n';
}
inline bool is_bracket_or_comma(char character) {
  return std::string_view("[]{},").find(character) != std::string_view::npos;
}

} // namespace imagewright::yaml
