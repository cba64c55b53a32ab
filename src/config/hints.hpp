// SPDX-License-Identifier: MIT
#pragma once

// What to tell people about a value that does not fit the language table.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/yaml/node.hpp>

#include "config/language/type.hpp"

namespace imagewright::config {

/// The kind of node that a value of this shape is written as.
yaml::NodeKind kind_of(Shape shape);
std::vector<std::string> texts_of(std::span<const Word> words);
/// "gpt" in quotes, or: one of efi, legacy
std::string words_text(const Type& type);
/// What a value of this type is, for messages: "a list", "a size in whole MiB".
std::string name_of(const Type& type);
/// Without those of earlier versions.
std::vector<std::string> current_names(std::span<const Key> keys);
std::vector<std::string> quoted_texts(const std::vector<std::string>& texts);
/// "a list", "a mapping or an absolute path"
std::string names_of_forms(const Type& type);
/// What lacks a key or has a wrong one: the key that holds it, or what it is when it is an item or
/// the file.
std::string owner_name(const Type& type, std::string_view label);

/// A text without what editors and habits add to it: characters that have no width, quotes of
/// printed text, a comma or a semicolon at the end, a comment behind "//".
std::string without_adornments(std::string_view text);

/// A near key, the place where the key belongs, or the keys that there are.
std::string hint_for_unknown(const Type& root, const Type& type, const std::string& name);
/// What to write when a value is of the wrong kind.
std::string hint_for_kind(const yaml::Node& node, const Type& type);
/// About a word that other programs have for one of this type's; empty when it is none.
std::string hint_for_other_word(const std::string& text, const Type& type);
/// What to write when a text is not a good number.
std::string hint_for_number(const std::string& text, const Type& type);

} // namespace imagewright::config
