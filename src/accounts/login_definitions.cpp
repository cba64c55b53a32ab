// SPDX-License-Identifier: MIT
#include <charconv>

#include <imagewright/accounts/login_definitions.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::accounts {

LoginDefinitions::LoginDefinitions(std::string_view text) {
  for (const auto& line : base::split(text, '\n')) {
    const auto words = base::split_whitespace(line);
    if (words.size() < 2 || words[0].starts_with('#')) continue;
    auto value = words[1];
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    values_[words[0]] = value;
  }
}

std::optional<std::string> LoginDefinitions::find(const std::string& key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::uint32_t LoginDefinitions::number(const std::string& key, std::uint32_t fallback) const {
  const auto text = find(key);
  if (!text || text->empty()) return fallback;
  std::string_view digits = *text;
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    base = 16;
  } else if (digits.size() > 1 && digits.front() == '0') {
    base = 8;
  }
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  return error == std::errc() && end == digits.data() + digits.size() ? value : fallback;
}

} // namespace imagewright::accounts
