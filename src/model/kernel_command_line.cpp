// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>

namespace imagewright::model {
namespace {

/// isspace of lib/ctype.c, but for byte A0: text that people write has it inside of letters.
bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Calls `visit` with each byte and whether it is between quotes.
template <typename Visitor>
bool walk(std::string_view text, Visitor visit) {
  bool is_quoted = false;
  for (const char c : text) {
    visit(c, is_quoted);
    if (c == '"') is_quoted = !is_quoted;
  }
  return is_quoted;
}

} // namespace

std::vector<std::string> kernel_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  walk(line, [&](char c, bool is_quoted) {
    if (!is_quoted && is_blank(c)) {
      finish();
    } else {
      word += c;
    }
  });
  finish();
  return words;
}

bool has_open_quote(std::string_view word) {
  return walk(word, [](char, bool) {});
}

bool has_hidden_blank(std::string_view word) {
  bool found = false;
  walk(word, [&](char c, bool is_quoted) { found = found || (c == '\xa0' && !is_quoted); });
  return found;
}

std::string KernelParameter::to_string() const {
  return value ? name + "=" + *value : name;
}

KernelParameter kernel_parameter(std::string_view word) {
  const bool is_all_quoted = word.starts_with('"');
  if (is_all_quoted) word.remove_prefix(1);
  // An equals sign at the very beginning is a letter of the name.
  const auto equals = word.size() > 1 ? word.find('=', 1) : std::string_view::npos;
  if (equals == std::string_view::npos) {
    if (is_all_quoted && word.ends_with('"')) word.remove_suffix(1);
    return {.name = std::string(word), .value = std::nullopt};
  }
  auto value = word.substr(equals + 1);
  const bool has_quoted_value = value.starts_with('"');
  if (has_quoted_value) value.remove_prefix(1);
  if ((has_quoted_value || is_all_quoted) && value.ends_with('"')) value.remove_suffix(1);
  return {.name = std::string(word.substr(0, equals)), .value = std::string(value)};
}

bool is_same_parameter(std::string_view left, std::string_view right) {
  const auto plain = [](char c) { return c == '-' ? '_' : c; };
  return std::ranges::equal(left, right, {}, plain, plain);
}

bool is_meant_by(const KernelParameter& given, std::string_view entry) {
  const KernelParameter wanted = kernel_parameter(entry);
  return is_same_parameter(wanted.name, given.name) &&
         (!wanted.value || wanted.value == given.value);
}

std::string joined_kernel_words(const std::vector<std::string>& words) {
  return base::join(words, " ");
}

} // namespace imagewright::model
