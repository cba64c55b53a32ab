// SPDX-License-Identifier: MIT
#include "boot/answers.hpp"

#include <charconv>
#include <cstdint>

#include <imagewright/base/text.hpp>

namespace imagewright::boot {

namespace {

template <typename Number>
std::optional<Number> find_number(std::string_view text) {
  Number number{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint32_t> base64_digit(char byte) {
  constexpr std::string_view k_digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = k_digits.find(byte);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint32_t>(at);
}

/// The words of an answer line: mark, key, status and perhaps the text; empty for any other line.
std::vector<std::string> answer_words(std::string_view line) {
  if (line.substr(0, k_answer_mark.size()) != k_answer_mark) return {};
  std::vector<std::string> words = base::split_whitespace(line);
  if (words.front() != k_answer_mark || words.size() < 3 || words.size() > 4) return {};
  // An empty output gives an empty fourth word.
  if (words.size() == 3) words.emplace_back();
  return words;
}

} // namespace

std::optional<std::string> Answers::find_text(const std::string& key) const {
  const auto found = by_key.find(key);
  if (found == by_key.end() || found->second.status != 0) return std::nullopt;
  return std::string(base::trimmed(found->second.text));
}

Answers parse_answers(std::string_view stream) {
  Answers answers;
  for (const std::string& line : base::split(stream, '\n')) {
    const auto words = answer_words(line);
    if (words.empty()) continue;
    if (words[1] == k_end_key) {
      answers.is_complete = find_number<std::size_t>(words[2]) == answers.by_key.size();
      continue;
    }
    const auto status = find_number<int>(words[2]);
    auto text = base64_decoded(words[3]);
    if (status && text) answers.by_key[words[1]] = {*status, std::move(*text)};
  }
  return answers;
}

std::optional<std::string> base64_decoded(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  std::string decoded;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char byte : text) {
    const auto digit = base64_digit(byte);
    if (!digit) return std::nullopt;
    bits = (bits << 6U) | *digit;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    decoded += static_cast<char>((bits >> static_cast<unsigned>(bit_count)) & 0xffU);
  }
  return decoded;
}

} // namespace imagewright::boot
