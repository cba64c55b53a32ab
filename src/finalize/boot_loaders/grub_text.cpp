// SPDX-License-Identifier: MIT
#include "grub_text.hpp"

#include <algorithm>
#include <string_view>

#include <imagewright/model/kernel_command_line.hpp>

namespace imagewright::finalize::boot_loaders {

std::string grub_word(const std::string& text) {
  constexpr std::string_view k_plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.,:/=@+%";
  if (!text.empty() && text.find_first_not_of(k_plain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string grub_arguments(const std::string& line) {
  auto words = model::kernel_words(line);
  std::ranges::transform(words, words.begin(), [](const std::string& word) {
    return grub_word(model::kernel_parameter(word).to_string());
  });
  return model::joined_kernel_words(words);
}

std::string shell_word(const std::string& text) {
  std::string word = "\"";
  for (const char letter : text) {
    if (std::string_view("\\\"$`").find(letter) != std::string_view::npos) word += '\\';
    word += letter;
  }
  return word + "\"";
}

} // namespace imagewright::finalize::boot_loaders
