// SPDX-License-Identifier: MIT
#include "config/language/type.hpp"

#include <vector>

#include <imagewright/base/text.hpp>

namespace imagewright::config {

namespace {

std::string without_detours(std::string_view text) {
  std::vector<std::string> parts;
  for (std::string& part : base::split(text, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(std::move(part));
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  return base::join(parts, "/");
}

} // namespace

std::string in_form(TextForm form, std::string_view text) {
  switch (form) {
  case TextForm::as_written:
    return std::string(text);
  case TextForm::image_path:
    return "/" + without_detours(text);
  case TextForm::relative_path:
    break;
  }
  return without_detours(text);
}

const Key* find_key(std::span<const Key> keys, std::string_view name) {
  for (const Key& key : keys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

const Word* find_word(std::span<const Word> words, std::string_view text) {
  for (const Word& word : words) {
    if (word.text == text) return &word;
  }
  return nullptr;
}

} // namespace imagewright::config
