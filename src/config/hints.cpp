// SPDX-License-Identifier: MIT
#include "config/hints.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/architecture_names.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"
#include "config/values.hpp"

namespace imagewright::config {

namespace {

constexpr std::string_view k_full_width_colon = "\uff1a";

/// What a value of this type is, for messages: "a list", "a size in whole MiB".
std::string name_of(const Type& type) {
  const yaml::NodeKind kind = kind_of(type.shape);
  if (kind != yaml::NodeKind::scalar) return std::string(yaml::to_string(kind));
  if (!type.title.empty()) return std::string(type.title);
  return words_text(type);
}

std::vector<std::string> current_names(std::span<const Key> keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) {
    if (key.current_spelling.empty() && key.removed_hint.empty()) names.emplace_back(key.name);
  }
  return names;
}

const Key* find_by_other_name(std::span<const Key> keys, const std::string& name) {
  for (const Key& key : keys) {
    const std::vector<std::string> others = base::split_whitespace(key.also_called);
    if (std::find(others.begin(), others.end(), name) != others.end()) return &key;
  }
  return nullptr;
}

/// Paths of the mappings that have a key of this name, for a key that stands in the wrong place.
void collect_owners(const Type& type, const std::string& path, std::string_view name,
                    std::vector<std::string>& owners, int depth) {
  if (depth == 0) return;
  if (type.item != nullptr)
    collect_owners(*type.item, path + (type.shape == Shape::list ? "[]" : ".*"), name, owners,
                   depth - 1);
  for (const Key& key : type.keys) {
    if (!key.current_spelling.empty() || !key.removed_hint.empty()) continue;
    if (key.name == name) owners.push_back(path);
    collect_owners(*key.type,
                   path.empty() ? std::string(key.name) : fmt::format("{}.{}", path, key.name),
                   name, owners, depth - 1);
  }
}

std::vector<std::string> quoted_texts(const std::vector<std::string>& texts) {
  std::vector<std::string> result;
  for (const std::string& text : texts)
    result.push_back(base::quoted(text));
  return result;
}

bool has_empty(const std::vector<std::string>& texts) {
  return std::ranges::any_of(texts, &std::string::empty);
}

/// Digits with a zero in front: octal to some readers of YAML, decimal to others.
bool is_zero_padded(const std::string& text) {
  return text.size() > 1 && text[0] == '0' &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

} // namespace

yaml::NodeKind kind_of(Shape shape) {
  switch (shape) {
  case Shape::list:
    return yaml::NodeKind::sequence;
  case Shape::mapping:
  case Shape::map:
    return yaml::NodeKind::mapping;
  case Shape::text:
  case Shape::boolean:
  case Shape::integer:
  case Shape::word:
    break;
  }
  return yaml::NodeKind::scalar;
}

std::vector<std::string> texts_of(std::span<const Word> words) {
  std::vector<std::string> texts;
  for (const Word& word : words)
    texts.emplace_back(word.text);
  return texts;
}

std::string words_text(const Type& type) {
  if (type.words.size() == 1) return base::quoted(type.words.front().text);
  return fmt::format("one of {}", base::join(texts_of(type.words), ", "));
}

std::string names_of_forms(const Type& type) {
  std::string text = name_of(type);
  for (const Type* form = type.other_form; form != nullptr; form = form->other_form) {
    if (form->current_form.empty()) text += " or " + name_of(*form);
  }
  return text;
}

std::string without_adornments(std::string_view text) {
  constexpr std::string_view unseen[] = {"\u00a0", "\u00ad", "\u200b", "\u200c",
                                         "\u200d", "\u2060", "\ufeff"};
  constexpr std::string_view quotes[] = {"\u2018", "\u2019", "\u201a", "\u201c",
                                         "\u201d", "\u201e", "\u00ab", "\u00bb"};
  std::string result(text.substr(0, text.find(" //")));
  const auto remove = [&](std::string_view sign) {
    for (std::size_t at = result.find(sign); at != std::string::npos; at = result.find(sign, at))
      result.erase(at, sign.size());
  };
  std::ranges::for_each(unseen, remove);
  std::ranges::for_each(quotes, remove);
  const std::size_t last = result.find_last_not_of(" \t,;'\"`");
  result.erase(last == std::string::npos ? 0 : last + 1);
  result.erase(0, std::min(result.find_first_not_of(" \t'\"`"), result.size()));
  return result;
}

std::string hint_for_unknown(const Type& root, const Type& type, const std::string& written) {
  if (written.starts_with('-') && find_key(type.keys, written) == nullptr) {
    const std::string item = written.substr(1);
    std::vector<std::string> lists;
    collect_owners(root, "", item, lists, 12);
    if (!lists.empty()) return fmt::format("write a blank behind the dash: \"- {}\"", item);
  }
  const std::string name = without_adornments(written);
  if (name != written && find_key(type.keys, name) != nullptr)
    return fmt::format("did you mean {}?", base::quoted(name));
  if (const Key* key = find_by_other_name(type.keys, name))
    return fmt::format("did you mean {}?", base::quoted(key->name));
  const std::vector<std::string> names = current_names(type.keys);
  const std::string meant = base::did_you_mean(name, names);
  if (!meant.empty()) return meant;
  constexpr std::size_t most_owners = 3;
  std::vector<std::string> owners;
  // What is meant is rather below the place where it stands than elsewhere.
  collect_owners(type, "", name, owners, 12);
  if (&type != &root && !owners.empty() && owners.size() <= most_owners) {
    return fmt::format("{} belongs under {} of it", base::quoted(name),
                       base::join(quoted_texts(owners), " or "));
  }
  owners.clear();
  collect_owners(root, "", name, owners, 12);
  if (owners.size() == 1 && owners[0].empty())
    return fmt::format("{} belongs at the top of the file", base::quoted(name));
  if (!owners.empty() && owners.size() <= most_owners && !has_empty(owners)) {
    return fmt::format("{} belongs under {}", base::quoted(name),
                       base::join(quoted_texts(owners), " or "));
  }
  if (&root == &k_image_config_type && find_key(k_inject_files_type.keys, name) != nullptr) {
    return fmt::format(
        "{} belongs into a file of its own, a list of files to put back, which inject-files "
        "and validate read",
        base::quoted(name));
  }
  return fmt::format("keys here are {}", base::join(names, ", "));
}

namespace {

/// Words with commas or blanks between them; none when one of them is no plain name.
std::vector<std::string> names_in(const std::string& text) {
  std::string spaced = text;
  std::replace(spaced.begin(), spaced.end(), ',', ' ');
  std::vector<std::string> names = base::split_whitespace(spaced);
  const bool are_names = std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return std::isalnum(static_cast<unsigned char>(name.front())) != 0 &&
           name.find_first_of("<>=[]{}#:\"'&*!|%@`") == std::string::npos;
  });
  return are_names ? names : std::vector<std::string>();
}

/// A list of things that have no blank in their names.
bool holds_names(const Type& list) {
  const TextCheck check = list.item->check;
  return list.item->shape == Shape::word || check == check_package || check == check_unit;
}

/// Whether a text can be the value of a key, as far as a hint may say so.
bool fits(const Key& key, const std::string& text) {
  for (const Type* form = key.type; form != nullptr; form = form->other_form) {
    if (form->shape == Shape::word && find_word(form->words, text) != nullptr) return true;
    if (form->shape == Shape::text && form->check != nullptr && !form->check(text)) return true;
  }
  return false;
}

/// The key that a lone text is meant for, when there is one that nobody doubts.
const Key* key_meant_by(const Type& type, const std::string& text) {
  for (const Key& key : type.keys) {
    const bool is_current = key.current_spelling.empty() && key.removed_hint.empty();
    if (is_current && key.type->shape == Shape::word && find_word(key.type->words, text) != nullptr)
      return &key;
  }
  for (const Key& key : type.keys) {
    if (key.presence == Presence::required) return fits(key, text) ? &key : nullptr;
  }
  if (type.choice) {
    const Key* key = find_key(type.keys, type.choice->keys.front());
    return fits(*key, text) ? key : nullptr;
  }
  const bool is_single = current_names(type.keys).size() == 1;
  return is_single && fits(type.keys.front(), text) ? &type.keys.front() : nullptr;
}

/// "{path: a}" for the text "a" where a mapping belongs; empty when nobody can tell its key.
std::string mapping_meant_by(const yaml::Node& node, const Type& type) {
  if (node.text.empty() || node.text.find_first_of(" ,[]{}#\"'&*!|>%@`") != std::string::npos)
    return {};
  const Key* meant = key_meant_by(type, node.text);
  if (meant == nullptr || meant->type->secrecy == Secrecy::secret) return {};
  return fmt::format("{{{}: {}}}", meant->name, node.text);
}

std::string keys_text(const Type& type) {
  constexpr std::size_t most_keys = 8;
  std::vector<std::string> names = current_names(type.keys);
  if (names.size() > most_keys) {
    names.resize(most_keys);
    names.emplace_back("...");
  }
  return fmt::format("keys are {}", base::join(names, ", "));
}

/// About a text where a list belongs.
std::string hint_for_list(const yaml::Node& node, const Type& type) {
  const bool has_dash = node.style == yaml::ScalarStyle::plain && node.text.starts_with('-');
  if (node.text.empty()) return "write it as a list: []";
  const std::string first = base::escape_controls(base::split(node.text, ' ').front());
  if (has_dash) return fmt::format("write a blank behind each dash: \"- {}\"", first.substr(1));
  if (node.last_line > node.where.line)
    return fmt::format("begin each line with \"- \": \"- {}\"", first);
  if (type.item->shape == Shape::mapping) {
    const std::string item = mapping_meant_by(node, *type.item);
    return item.empty()
               ? fmt::format("write it as a list of mappings, whose {}", keys_text(*type.item))
               : fmt::format("write it as a list: [{}]", item);
  }
  const std::vector<std::string> names = names_in(node.text);
  if (names.size() > 1 && holds_names(type))
    return fmt::format("write it as a list: [{}]", base::join(names, ", "));
  const bool needs_quotes = node.text.find_first_of(",[]{}#:\"'\n") != std::string::npos;
  return needs_quotes ? "write it as a list, with \"- \" before it on a line of its own"
                      : fmt::format("write it as a list: [{}]", base::escape_controls(node.text));
}

/// About a mapping where a list belongs.
std::string hint_for_items(const yaml::Node& node, const Type& item) {
  if (node.entries.empty()) return "write it as a list: []";
  const std::string first = base::escape_controls(node.entries.front().key);
  if (item.shape != Shape::mapping)
    return fmt::format("write each as an item of a list: \"- {}\"", first);
  const bool holds_an_item =
      std::any_of(node.entries.begin(), node.entries.end(), [&](const yaml::Entry& entry) {
        return find_key(item.keys, entry.key) != nullptr;
      });
  if (!holds_an_item && find_key(item.keys, "name") != nullptr)
    return fmt::format("write each as an item with its name: \"- name: {}\"", first);
  return "start each item of the list with \"- \", or put brackets around it: [{...}]";
}

/// The key that a text begins with, when something follows that stands for a colon.
const Key* key_at_beginning(const Type& type, std::string_view text) {
  const std::size_t end = std::min(text.find_first_of(" :=\t"), text.find(k_full_width_colon));
  return end == std::string_view::npos ? nullptr : find_key(type.keys, text.substr(0, end));
}

/// About a text where a mapping belongs: "key:value", "key value", "key = value", or the value of
/// one of its keys. The value may be a secret, and is not repeated.
std::string hint_for_entry(const yaml::Node& node, const Type& type) {
  const std::string text = without_adornments(node.text);
  const Key* key = key_at_beginning(type, text);
  const bool has_more_lines = node.last_line > node.where.line;
  if (node.style != yaml::ScalarStyle::plain)
    return key != nullptr && text.find(": ") != std::string::npos ? "remove the quotes" : "";
  if (key != nullptr) {
    const std::string_view rest = std::string_view(text).substr(key->name.size());
    const std::size_t sign = rest.find_first_not_of(" \t");
    if (rest.starts_with(k_full_width_colon))
      return "write \":\" and a blank in the place of the full-width colon";
    if (rest[0] == ':') return "write a blank behind the colon";
    if (sign != std::string_view::npos && rest[sign] == '=')
      return "write \":\" and a blank in the place of the \"=\"";
    return has_more_lines ? fmt::format("write \"{}:\"", key->name)
                          : fmt::format("write a colon behind {}", base::quoted(key->name));
  }
  if (has_more_lines) return {};
  const std::string meant = mapping_meant_by(node, type);
  return meant.empty() ? meant : fmt::format("write {}", meant);
}

/// About a list or a mapping where a single value belongs.
std::string hint_for_value(const yaml::Node& node, const Type& type) {
  const bool has_one_item =
      node.is_sequence() && node.items.size() == 1 && node.items[0].is_scalar();
  if (has_one_item && type.secrecy == Secrecy::open)
    return fmt::format("write {} without brackets and dash", base::quoted(node.items[0].text));
  return fmt::format("write {}", name_of(type));
}

} // namespace

std::string hint_for_kind(const yaml::Node& node, const Type& type) {
  if (type.shape == Shape::list && node.is_scalar()) return hint_for_list(node, type);
  if (type.shape == Shape::list && node.is_mapping()) return hint_for_items(node, *type.item);
  if (type.shape == Shape::map) return "write \"name: value\" on a line of its own for each entry";
  if (type.shape != Shape::mapping) return hint_for_value(node, type);
  if (node.is_scalar()) {
    std::string hint = hint_for_entry(node, type);
    if (!hint.empty()) return hint;
  }
  return "its " + keys_text(type);
}

std::string owner_name(const Type& type, std::string_view label) {
  return label.starts_with('"') || type.title.empty() ? std::string(label)
                                                      : std::string(type.title);
}

std::string hint_for_other_word(const std::string& text, const Type& type) {
  constexpr std::pair<std::string_view, std::string_view> known[] = {
      {"bios", "legacy"},  {"uefi", "efi"},   {"off", "disabled"},    {"false", "disabled"},
      {"true", "enabled"}, {"on", "enabled"}, {"label", "part-label"}};
  std::vector<std::pair<std::string_view, std::string_view>> all(std::begin(known),
                                                                 std::end(known));
  for (const model::ArchitectureName& architecture : model::k_architecture_names) {
    for (const std::string_view other : architecture.other_names)
      all.emplace_back(other, architecture.name);
  }
  for (const auto& [other, ours] : all) {
    if (other == text && find_word(type.words, ours) != nullptr)
      return fmt::format("did you mean {}?", base::quoted(ours));
  }
  return {};
}

std::string hint_for_number(const std::string& text, const Type& type) {
  if (is_zero_padded(text)) {
    const std::string_view digits =
        std::string_view(text).substr(std::min(text.find_first_not_of('0'), text.size() - 1));
    const auto octal = parse_integer(fmt::format("0o{}", digits));
    return octal && *octal > 7
               ? fmt::format("write {}, or {} if octal digits are meant: readers of YAML disagree",
                             digits, *octal)
               : fmt::format("write {}", digits);
  }
  return parse_integer(text) ? "remove the quotes" : fmt::format("write {}", type.title);
}

} // namespace imagewright::config
