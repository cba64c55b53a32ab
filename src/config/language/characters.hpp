// SPDX-License-Identifier: MIT
#pragma once

// Kinds of characters that checks of texts speak of. ASCII alone, whatever the locale.

#include <algorithm>
#include <string_view>

namespace imagewright::config {

inline constexpr std::string_view k_blanks = " \t\r\n";
inline constexpr std::string_view k_lower = "abcdefghijklmnopqrstuvwxyz";
inline constexpr std::string_view k_digits = "0123456789";

inline bool is_letter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

inline bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

/// Only letters, digits and the given characters, and at least one of them?
inline bool holds_only(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char character) {
    return is_letter(character) || is_digit(character) ||
           others.find(character) != std::string_view::npos;
  });
}

} // namespace imagewright::config
