// SPDX-License-Identifier: MIT
#include "key_value.hpp"

#include <imagewright/base/text.hpp>

namespace imagewright::finalize {
namespace {

/// What stands behind "KEY=" when the line sets that key.
std::optional<std::string_view> value_in_line(std::string_view line, std::string_view key) {
  line = base::trimmed(line);
  if (!line.starts_with(key)) return std::nullopt;
  line.remove_prefix(key.size());
  if (!line.starts_with('=')) return std::nullopt;
  return line.substr(1);
}

std::string unquoted(std::string_view value) {
  if (value.size() < 2 || (value.front() != '"' && value.front() != '\''))
    return std::string(value);
  if (value.back() != value.front()) return std::string(value);
  const bool has_escapes = value.front() == '"';
  value = value.substr(1, value.size() - 2);
  std::string result;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (has_escapes && value[i] == '\\' && i + 1 < value.size()) ++i;
    result += value[i];
  }
  return result;
}

} // namespace

std::optional<std::string> find_value(std::string_view text, std::string_view key) {
  std::optional<std::string> found;
  for (const auto& line : base::split(text, '\n')) {
    if (const auto value = value_in_line(line, key)) found = unquoted(*value);
  }
  return found;
}

std::string with_value(std::string_view text, std::string_view key, std::string_view value) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  const std::string wanted = std::string(key) + '=' + std::string(value);
  std::string result;
  bool is_set = false;
  if (!text.empty()) {
    for (const auto& line : base::split(text, '\n')) {
      const bool is_ours = value_in_line(line, key).has_value();
      if (is_ours && is_set) continue;
      result += is_ours ? wanted : line;
      result += '\n';
      is_set = is_set || is_ours;
    }
  }
  if (!is_set) result += wanted + '\n';
  return result;
}

} // namespace imagewright::finalize
