// SPDX-License-Identifier: MIT
#pragma once

// The shape of the config language as data. Checks, the JSON Schema and the reference page all read
// it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace imagewright::config {

enum class Shape : std::uint8_t { text, boolean, integer, word, list, mapping, map };

/// One of the words that a value may be.
struct Word {
  std::string_view text;
  int value = 0; ///< of the enumeration that the model uses
  std::string_view documentation;
};

template <typename Enum>
constexpr Word word(std::string_view text, Enum value, std::string_view documentation) {
  return {text, static_cast<int>(value), documentation};
}

/// Why a text is not good: a phrase that follows the quoted text ("is not a size"), and what to
/// write instead.
struct TextComplaint {
  std::string phrase;
  std::string hint;
};

using TextCheck = std::optional<TextComplaint> (*)(std::string_view text);

/// Whether "" counts as "not given".
enum class EmptyText : std::uint8_t { is_a_value, means_not_given };

/// How a text is read, once it is known to be good.
enum class TextForm : std::uint8_t {
  as_written,
  image_path,    ///< a path of the image, from its root: "a", "/a/" and "/b/../a" are "/a"
  relative_path, ///< a path without a root: "a/" is "a"
};

/// The form in which every later stage sees the text.
std::string in_form(TextForm form, std::string_view text);

/// Whether a value may be shown to people.
enum class Secrecy : std::uint8_t { open, secret };

struct Key;

enum class ChoiceCount : std::uint8_t { exactly_one, at_most_one };

/// Keys of a mapping that exclude each other.
struct Choice {
  ChoiceCount count = ChoiceCount::exactly_one;
  std::span<const std::string_view> keys;
};

/// What a value may be.
struct Type {
  Shape shape = Shape::text;
  /// For people: "a size", "an absolute path"; empty for anonymous mappings.
  std::string_view title;
  TextCheck check = nullptr;   ///< of a text, also when one of `words` does not fit
  std::string_view pattern;    ///< the same as a regular expression, for editors; may be empty
  std::string_view example;    ///< a good text, for editors; may be empty
  std::span<const Word> words; ///< of a word; of a text: words that it is likely to be
  EmptyText empty_text = EmptyText::is_a_value;
  TextForm form = TextForm::as_written;
  Secrecy secrecy = Secrecy::open;
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;   ///< also of a text whose digits are a number to readers of YAML
  const Type* item = nullptr; ///< of a list or a map
  TextCheck map_key_check = nullptr;
  std::string_view map_key_pattern; ///< the same as a regular expression
  std::size_t minimum_items = 0;    ///< of a list that is given
  std::size_t maximum_items = SIZE_MAX;
  std::string_view too_many_items_hint;
  std::span<const Key> keys;        ///< of a mapping
  std::optional<Choice> choice;     ///< among them
  const Type* other_form = nullptr; ///< what may stand instead; only of another kind of node
  /// When this form is an old one: how it is written today.
  std::string_view current_form;
};

enum class Presence : std::uint8_t { optional, required };

/// One key of a mapping.
struct Key {
  std::string_view name;
  const Type* type = nullptr;
  std::string_view documentation;
  std::string_view default_text; ///< what absence means, for people
  Presence presence = Presence::optional;
  std::string_view preview; ///< the preview feature that has to be listed
  std::string_view since;   ///< the version of Image Customizer that has it; empty: ours alone, or
                            ///< from the beginning
  bool is_own = false;      ///< not part of Image Customizer's language
  std::string_view also_called;      ///< what others call it, with blanks between; only for hints
  std::string_view current_spelling; ///< of a key of earlier versions that is still accepted
  std::string_view removed_hint; ///< of a key of earlier versions whose meaning has no counterpart
};

/// The key of that name, or null.
const Key* find_key(std::span<const Key> keys, std::string_view name);
/// The word of that text, or null.
const Word* find_word(std::span<const Word> words, std::string_view text);

} // namespace imagewright::config
