// SPDX-License-Identifier: MIT
// What to write in the place of a value of the wrong kind.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/hints.hpp"
#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"
#include "config/secret_types.hpp"

namespace imagewright::config {

namespace {

constexpr std::string_view k_full_width_colon = "\uff1a";

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
  const Key* path = find_key(type.keys, "path");
  if (path != nullptr && text.find_first_of("./") != std::string::npos) return path;
  const bool is_single = current_names(type.keys).size() == 1;
  return is_single && fits(type.keys.front(), text) ? &type.keys.front() : nullptr;
}

/// "{mode: enabled}" for "true" where one key says whether there is such a thing.
std::string switch_meant_by(const std::string& text, const Type& type) {
  constexpr std::array k_yes = {"true", "yes", "on"};
  constexpr std::array k_no = {"false", "no", "off"};
  constexpr std::array k_present = {"enabled", "create"};
  constexpr std::array k_absent = {"disabled", "none"};
  const bool is_yes = std::ranges::find(k_yes, text) != k_yes.end();
  if (!is_yes && std::ranges::find(k_no, text) == k_no.end()) return {};
  for (const Key& key : type.keys) {
    for (const char* word : is_yes ? k_present : k_absent) {
      if (key.type->shape == Shape::word && find_word(key.type->words, word) != nullptr)
        return fmt::format("{{{}: {}}}", key.name, word);
    }
  }
  return {};
}

/// "{path: a}" for the text "a" where a mapping belongs; empty when nobody can tell its key.
std::string mapping_meant_by(const yaml::Node& node, const Type& type) {
  if (node.text.empty() || node.text.find_first_of(" ,[]{}#\"'&*!|>%@`") != std::string::npos)
    return {};
  const Key* meant = key_meant_by(type, node.text);
  if (meant == nullptr) return switch_meant_by(node.text, type);
  if (meant->type->secrecy == Secrecy::secret && meant->type->shape != Shape::word) return {};
  // "name:password"
  if (node.text.find_first_of(":=") != std::string::npos && may_hold_secret(type, 2)) return {};
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
  const bool has_dash = node.style == yaml::ScalarStyle::plain && node.text.starts_with('-') &&
                        !node.text.starts_with("--");
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
  const std::vector<std::string> words = base::split_whitespace(node.text);
  const bool are_words = type.item->check == nullptr && words.size() > 1 &&
                         node.text.find_first_of(",[]{}#:\"'&*!|>%@`?") == std::string::npos;
  if (are_words) return fmt::format("write it as a list: [{}]", base::join(words, ", "));
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
  for (const std::string_view key : {"name", "id"}) {
    if (!holds_an_item && find_key(item.keys, key) != nullptr)
      return fmt::format("write each as an item with its {0}: \"- {0}: {1}\"", key, first);
  }
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

/// The keys of a mapping below which a list of such items may stand.
std::vector<std::string> lists_for(const Type& type, const yaml::Node& item) {
  std::vector<std::string> names;
  for (const Key& key : type.keys) {
    const bool is_current = key.current_spelling.empty() && key.removed_hint.empty();
    if (!is_current || key.type->shape != Shape::list) continue;
    const Type& wanted = *key.type->item;
    const bool holds_key = item.is_mapping() && !item.entries.empty() &&
                           find_key(wanted.keys, item.entries.front().key) != nullptr;
    const bool fits_scalar =
        item.is_scalar() && (wanted.shape == Shape::text || find_word(wanted.words, item.text));
    if (holds_key || fits_scalar) names.emplace_back(key.name);
  }
  return names;
}

/// "\"enable\" or \"disable\""; with very many, one as an example.
std::string names_text(const std::vector<std::string>& names) {
  constexpr std::size_t most_names = 3;
  return names.size() > most_names
             ? fmt::format("one of its keys, such as {}", base::quoted(names.front()))
             : base::join(quoted_texts(names), " or ");
}

/// About a list where a mapping belongs: its keys with dashes, or the list of one of its keys.
std::string hint_for_list_of_keys(const yaml::Node& node, const Type& type) {
  if (node.items.empty()) return {};
  const bool are_keys = std::ranges::all_of(node.items, [&](const yaml::Node& item) {
    return item.is_mapping() && !item.entries.empty() &&
           find_key(type.keys, item.entries.front().key) != nullptr;
  });
  if (are_keys) return "write its keys without dashes";
  const bool is_file = &type == &k_image_config_type && node.items.front().is_scalar();
  const std::vector<std::string> lists =
      is_file ? std::vector<std::string>() : lists_for(type, node.items.front());
  return lists.empty() ? std::string() : fmt::format("write the list below {}", names_text(lists));
}

/// About a list or a mapping where a single value belongs.
std::string hint_for_value(const yaml::Node& node, const Type& type) {
  const bool holds_scalars = node.is_sequence() && !node.items.empty() &&
                             std::ranges::all_of(node.items, &yaml::Node::is_scalar);
  if (!holds_scalars || type.secrecy != Secrecy::open)
    return fmt::format("write {}", name_of(type));
  if (node.items.size() == 1) {
    const bool is_text = type.shape == Shape::text || type.shape == Shape::word;
    const std::string& text = node.items[0].text;
    return fmt::format("write {} without brackets and dash",
                       is_text ? base::quoted(text) : base::escape_controls(text));
  }
  std::vector<std::string> texts;
  for (const yaml::Node& item : node.items)
    texts.push_back(item.text);
  const std::string joined = base::join(texts, ",");
  const bool is_good = type.check == check_mount_options && !type.check(joined);
  return fmt::format("write {}", is_good ? base::escape_controls(joined) : name_of(type));
}

} // namespace

std::string hint_for_kind(const yaml::Node& node, const Type& type) {
  if (type.shape == Shape::list && node.is_scalar()) return hint_for_list(node, type);
  if (type.shape == Shape::list && node.is_mapping()) return hint_for_items(node, *type.item);
  if (type.shape == Shape::map) return "write \"name: value\" on a line of its own for each entry";
  if (type.shape != Shape::mapping) return hint_for_value(node, type);
  std::string hint;
  if (node.is_scalar()) {
    hint = hint_for_entry(node, type);
    const std::vector<std::string> lists =
        hint.empty() && !node.text.empty() && type.keys.front().type->shape == Shape::list
            ? lists_for(type, node)
            : std::vector<std::string>();
    if (!lists.empty())
      hint = fmt::format("write it as an item of a list below {}", names_text(lists));
  } else {
    hint = hint_for_list_of_keys(node, type);
  }
  if (!hint.empty()) return hint;
  return "its " + keys_text(type);
}

} // namespace imagewright::config
