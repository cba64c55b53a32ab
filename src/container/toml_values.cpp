// SPDX-License-Identifier: MIT
#include "container/toml_values.hpp"

#include <optional>

#include <imagewright/base/text.hpp>

namespace imagewright::container {

namespace {

/// Takes a text in quotes from the beginning of `rest`.
std::optional<std::string> take_quoted(std::string_view& rest) {
  const char quote = rest.front();
  std::string text;
  for (std::size_t index = 1; index < rest.size(); ++index) {
    if (rest[index] == quote) {
      rest.remove_prefix(index + 1);
      return text;
    }
    // Only basic texts have escapes; those of paths and names are of one character.
    if (quote == '"' && rest[index] == '\\' && index + 1 < rest.size()) ++index;
    text += rest[index];
  }
  return std::nullopt;
}

bool is_quote(char character) {
  return character == '"' || character == '\'';
}

/// Takes `a."b.c".d` from the beginning of `rest`.
std::optional<std::vector<std::string>> take_path(std::string_view& rest) {
  std::vector<std::string> path;
  while (true) {
    rest = base::trimmed(rest);
    if (rest.empty()) return std::nullopt;
    if (is_quote(rest.front())) {
      auto part = take_quoted(rest);
      if (!part) return std::nullopt;
      path.push_back(std::move(*part));
    } else {
      const std::size_t end = rest.find_first_of(".=] \t");
      const std::string_view part = rest.substr(0, end);
      if (part.empty()) return std::nullopt;
      path.emplace_back(part);
      rest.remove_prefix(part.size());
    }
    rest = base::trimmed(rest);
    if (rest.empty() || rest.front() != '.') return path;
    rest.remove_prefix(1);
  }
}

} // namespace

std::vector<TomlText> toml_texts(std::string_view text) {
  std::vector<TomlText> texts;
  std::vector<std::string> table;
  for (const std::string& line : base::split(text, '\n')) {
    std::string_view rest = base::trimmed(line);
    if (rest.empty() || rest.front() == '#') continue;
    if (rest.front() == '[') {
      rest.remove_prefix(rest.starts_with("[[") ? 2 : 1);
      table = take_path(rest).value_or(std::vector<std::string>());
      continue;
    }
    auto key = take_path(rest);
    if (!key || rest.empty() || rest.front() != '=') continue;
    rest = base::trimmed(rest.substr(1));
    if (rest.empty() || !is_quote(rest.front())) continue;
    auto value = take_quoted(rest);
    if (!value) continue;
    TomlText found{table, std::move(*value)};
    found.path.insert(found.path.end(), key->begin(), key->end());
    texts.push_back(std::move(found));
  }
  return texts;
}

} // namespace imagewright::container
