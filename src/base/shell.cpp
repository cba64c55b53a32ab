// SPDX-License-Identifier: MIT
#include <imagewright/base/shell.hpp>

namespace imagewright::base {

std::string shell_quoted(std::string_view text) {
  std::string word = "'";
  for (const char byte : text) {
    if (byte == '\'') {
      word += "'\\''";
    } else {
      word += byte;
    }
  }
  return word + "'";
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view k_plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.,:/=@+%";
  const bool is_plain = !text.empty() && text.find_first_not_of(k_plain) == std::string_view::npos;
  return is_plain ? std::string(text) : shell_quoted(text);
}

std::string shell_double_quoted(std::string_view text) {
  constexpr std::string_view k_special = "\\\"$`";
  std::string word = "\"";
  for (const char byte : text) {
    if (k_special.find(byte) != std::string_view::npos) word += '\\';
    word += byte;
  }
  return word + "\"";
}

std::string shell_command(std::span<const std::string> words) {
  std::string command;
  for (const std::string& word : words) {
    if (!command.empty()) command += ' ';
    command += shell_word(word);
  }
  return command;
}

} // namespace imagewright::base
