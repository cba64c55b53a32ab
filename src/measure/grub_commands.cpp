// SPDX-License-Identifier: MIT
#include "grub_commands.hpp"

#include <algorithm>
#include <array>

namespace imagewright::measure {

namespace {

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word.starts_with('-');
}

template <typename Names>
bool is_one_of(std::string_view word, const Names& names) {
  return std::ranges::find(names, word) != names.end();
}

} // namespace

std::string loader_text(std::string_view word) {
  constexpr std::size_t k_escape = 4; // "\x20"
  std::string text;
  for (std::size_t at = 0; at < word.size(); ++at) {
    const std::string_view escape = word.substr(at, k_escape);
    if (escape.size() == k_escape && escape.starts_with("\\x") &&
        is_hexadecimal(escape.substr(2))) {
      text += escape;
      at += k_escape - 1;
      continue;
    }
    if (std::string_view("\\'\"").find(word[at]) != std::string_view::npos) text += '\\';
    text += word[at];
  }
  return word.find(' ') == std::string_view::npos ? text : '"' + text + '"';
}

std::optional<GrubSearch> search_in(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 2> k_flags{"--no-floppy", "--efidisk-only"};
  std::optional<GrubSearch::By> by;
  std::optional<std::string> value;
  bool sets_root = false;
  for (std::size_t index = 1; index < words.size(); ++index) {
    const std::string& word = words[index];
    if (word == "--fs-uuid" || word == "--label") {
      if (by) return std::nullopt;
      by = word == "--label" ? GrubSearch::By::label : GrubSearch::By::uuid;
    } else if (word == "--set=root") {
      sets_root = true;
    } else if (word.starts_with("--hint") && word.find('=') != std::string::npos) {
      continue; // where to look first
    } else if (is_option(word)) {
      if (!is_one_of(word, k_flags)) return std::nullopt;
    } else if (value) {
      return std::nullopt;
    } else {
      value = word;
    }
  }
  if (!by || !value || value->empty() || !sets_root) return std::nullopt;
  return GrubSearch{.by = *by, .value = *value};
}

std::optional<GrubMenuEntry> menu_entry_in(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 3> k_with_value{"--class", "--users", "--hotkey"};
  if (words.empty() || words.front() != "menuentry") return std::nullopt;
  GrubMenuEntry entry;
  std::optional<std::string> id;
  for (std::size_t index = 1; index < words.size(); ++index) {
    const std::string& word = words[index];
    if (word == "--id" || is_one_of(word, k_with_value)) {
      if (++index == words.size()) return std::nullopt;
      if (word == "--id") id = words[index];
    } else if (is_option(word)) {
      if (word != "--unrestricted") return std::nullopt;
    } else {
      entry.parameters.push_back(word);
    }
  }
  if (entry.parameters.empty()) return std::nullopt;
  entry.id = id.value_or(entry.parameters.front());
  return entry;
}

} // namespace imagewright::measure
