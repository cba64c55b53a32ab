// SPDX-License-Identifier: MIT
#include "grub_text.hpp"

#include <algorithm>
#include <string_view>

#include <imagewright/base/text.hpp>
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

namespace {

bool is_blank(char letter) {
  return letter == ' ' || letter == '\t';
}

/// A word without the quotes that GRUB takes away, and whether a variable is in it.
struct PlainWord {
  std::string text;
  bool has_variable = false;
};

/// Takes one word from the front of the text, which starts with no blank.
PlainWord take_word(std::string_view& text) {
  PlainWord word;
  char quote = 0;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char letter = text[at];
    if (quote == 0 && is_blank(letter)) break;
    if (letter == quote) {
      quote = 0;
    } else if (quote == 0 && (letter == '\'' || letter == '"')) {
      quote = letter;
    } else if (letter == '\\' && quote != '\'' && at + 1 < text.size()) {
      word.text += text[++at];
    } else {
      word.has_variable = word.has_variable || (letter == '$' && quote != '\'');
      word.text += letter;
    }
  }
  text.remove_prefix(at);
  return word;
}

/// As Linux takes it: double quotes around what has a blank.
std::string kernel_word(const std::string& text) {
  if (std::ranges::none_of(text, is_blank)) return text;
  const auto equals = text.find('=');
  if (equals == std::string::npos || std::ranges::any_of(text.substr(0, equals), is_blank))
    return '"' + text + '"';
  return text.substr(0, equals + 1) + '"' + text.substr(equals + 1) + '"';
}

} // namespace

std::vector<std::string> kernel_words_of_grub(std::string_view text) {
  std::vector<std::string> words;
  for (text = base::trimmed(text); !text.empty(); text = base::trimmed(text)) {
    const PlainWord word = take_word(text);
    if (!word.has_variable && !word.text.empty()) words.push_back(kernel_word(word.text));
  }
  return words;
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
