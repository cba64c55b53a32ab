// SPDX-License-Identifier: MIT
#include "config/language/type.hpp"

namespace imagewright::config {

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
