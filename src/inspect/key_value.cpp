// SPDX-License-Identifier: MIT
#include "key_value.hpp"

#include <imagewright/base/text.hpp>

namespace imagewright::inspect {

namespace {

std::string_view without_quotes(std::string_view value) {
  const bool is_quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                         value.back() == value.front();
  return is_quoted ? value.substr(1, value.size() - 2) : value;
}

} // namespace

std::string value_of_key(std::string_view text, std::string_view key) {
  std::string value;
  for (const std::string& line : base::split(text, '\n')) {
    const std::string_view trimmed = base::trimmed(line);
    if (!trimmed.starts_with(key) || trimmed.size() <= key.size() || trimmed[key.size()] != '=') {
      continue;
    }
    value = std::string(without_quotes(base::trimmed(trimmed.substr(key.size() + 1))));
  }
  return value;
}

} // namespace imagewright::inspect
