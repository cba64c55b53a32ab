// SPDX-License-Identifier: MIT
#include "config/checker.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/secret_words.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

#include "config/hints.hpp"
#include "config/language/text_checks.hpp"
#include "config/secret_types.hpp"
#include "config/tags.hpp"
#include "config/values.hpp"

namespace imagewright::config {

namespace {

/// Of a key below the key of a list, in its column: the list, when it is a key of its items. The
/// item lost its dash.
const yaml::Entry* list_of_lost_item(const yaml::Node& mapping, const yaml::Entry& entry,
                                     const Type& type) {
  if (&entry == mapping.entries.data() || find_key(type.keys, entry.key) != nullptr) return nullptr;
  const yaml::Entry& before = *(&entry - 1);
  const Key* key = before.value.is_null() ? find_key(type.keys, before.key) : nullptr;
  const bool is_list = key != nullptr && key->type->shape == Shape::list;
  return is_list && find_key(key->type->item->keys, entry.key) != nullptr ? &before : nullptr;
}

} // namespace

bool is_absent(const yaml::Node& node, const Type& type) {
  if (node.is_null()) return true;
  return node.is_scalar() && node.text.empty() && type.empty_text == EmptyText::means_not_given;
}

const Type* form_for(const yaml::Node& node, const Type& type) {
  for (const Type* form = &type; form != nullptr; form = form->other_form) {
    if (kind_of(form->shape) == node.kind) return form;
  }
  return nullptr;
}

bool Checker::error(std::string code, std::string message, const base::SourceLocation& where,
                    std::string hint) {
  diagnostics_.error(std::move(code), std::move(message), where, std::move(hint));
  return false;
}

void Checker::check(const yaml::Node& node) {
  check_value(node, *root_, "the file");
}

bool Checker::check_value(const yaml::Node& node, const Type& type, std::string_view label) {
  const bool is_good = check_form(node, type, label);
  if (!is_good) unclean_.insert(&node);
  return is_good;
}

bool Checker::check_form(const yaml::Node& node, const Type& type, std::string_view label) {
  const Type* form = form_for(node, type);
  if (!fits_tag(form == nullptr ? type.shape : form->shape, node.tag)) {
    return error("config.wrong-type",
                 fmt::format("the tag {} means nothing here", base::quoted(short_tag(node.tag))),
                 node.where, "remove it");
  }
  if (form == nullptr) {
    return error("config.wrong-type",
                 fmt::format("{} must be {}, not {}", label, names_of_forms(type),
                             yaml::to_string(node.kind)),
                 node.where, hint_for_kind(node, type));
  }
  if (!form->current_form.empty()) {
    diagnostics_.warning("config.legacy-key",
                         fmt::format("{} is written in the form of an earlier version", label),
                         node.where, fmt::format("write {}", form->current_form));
  }
  switch (form->shape) {
  case Shape::mapping:
    return check_mapping(node, *form, label);
  case Shape::map:
    return check_map(node, *form, label);
  case Shape::list:
    return check_list(node, *form, label);
  case Shape::text:
  case Shape::boolean:
  case Shape::integer:
  case Shape::word:
    break;
  }
  return check_scalar(node, *form, label);
}

bool Checker::check_mapping(const yaml::Node& node, const Type& type, std::string_view label) {
  bool is_good = true;
  for (const yaml::Entry& entry : node.entries) {
    if (const yaml::Entry* list = list_of_lost_item(node, entry, type)) {
      is_good =
          error("config.unknown-key",
                fmt::format("{} has no key {}, but the items of {} have", owner_name(type, label),
                            base::quoted(entry.key), base::quoted(list->key)),
                entry.where, "write \"- \" before it");
      continue;
    }
    is_good &= check_entry(node, entry, type, label);
  }
  is_good &= check_required(node, type, label);
  is_good &= check_choice(node, type, label);
  return is_good;
}

bool Checker::check_entry(const yaml::Node& mapping, const yaml::Entry& entry, const Type& type,
                          std::string_view label) {
  const Key* key = find_key(type.keys, entry.key);
  if (key == nullptr) return report_unknown(entry, type, label);
  if (!key->removed_hint.empty()) {
    return error("config.removed-key",
                 fmt::format("{} belongs to an earlier version and has no counterpart here",
                             base::quoted(entry.key)),
                 entry.where, std::string(key->removed_hint));
  }
  if (entry.value.is_null()) return check_colon(entry);
  if (!key->current_spelling.empty()) {
    const std::string_view current =
        key->current_spelling.substr(key->current_spelling.rfind('.') + 1);
    const yaml::Entry* other = current == entry.key ? nullptr : mapping.find_entry(current);
    if (other != nullptr) {
      diagnostics_.add({.code = "config.conflict",
                        .message = fmt::format("{} is the old name of {}, which is given as well",
                                               base::quoted(entry.key), base::quoted(current)),
                        .where = entry.where,
                        .related = {{other->where, "given here"}},
                        .hint = fmt::format("remove {}", base::quoted(entry.key))});
      return false;
    }
    diagnostics_.warning(
        "config.legacy-key",
        fmt::format("{} is the spelling of an earlier version", base::quoted(entry.key)),
        entry.where, fmt::format("write {}", key->current_spelling));
  }
  const bool is_allowed = check_gate(entry, *key);
  return check_value(entry.value, *key->type, base::quoted(entry.key)) && is_allowed;
}

// "{services}" is a key without a value to YAML; who writes it forgot something.
bool Checker::check_colon(const yaml::Entry& entry) {
  if (entry.has_colon) return true;
  return error("yaml.syntax", fmt::format("the key {} has no colon", base::quoted(entry.key)),
               entry.where, "write a colon and a value behind it, or remove it");
}

bool Checker::check_gate(const yaml::Entry& entry, const Key& key) {
  if (key.preview.empty() || features_.contains(std::string(key.preview))) return true;
  if (is_absent(entry.value, *key.type)) return true;
  return error("config.preview-feature",
               fmt::format("{} needs the preview feature {}", base::quoted(entry.key),
                           base::quoted(key.preview)),
               entry.where,
               fmt::format("add \"- {}\" to previewFeatures in this file", key.preview));
}

bool Checker::check_required(const yaml::Node& node, const Type& type, std::string_view label) {
  bool is_good = true;
  for (const Key& key : type.keys) {
    if (key.presence == Presence::optional) continue;
    const yaml::Node* value = node.find(key.name);
    if (value != nullptr && !value->is_null()) continue;
    const bool has_old_spelling =
        std::any_of(type.keys.begin(), type.keys.end(), [&](const Key& other) {
          return other.current_spelling == key.name && node.find(other.name) != nullptr;
        });
    if (has_old_spelling) continue;
    const std::string owner = owner_name(type, label);
    is_good = error("config.missing-key",
                    fmt::format("{} needs the key {}", owner, base::quoted(key.name)), node.where,
                    fmt::format("add \"{}:\" with {}", key.name, names_of_forms(*key.type)));
  }
  return is_good;
}

bool Checker::check_choice(const yaml::Node& node, const Type& type, std::string_view label) {
  if (!type.choice) return true;
  const yaml::Entry* first = nullptr;
  for (const yaml::Entry& entry : node.entries) {
    const bool is_one = std::find(type.choice->keys.begin(), type.choice->keys.end(), entry.key) !=
                        type.choice->keys.end();
    if (!is_one || is_absent(entry.value, *find_key(type.keys, entry.key)->type)) continue;
    if (first != nullptr) {
      diagnostics_.add(
          {.code = "config.conflict",
           .message = fmt::format("{} and {} exclude each other", base::quoted(first->key),
                                  base::quoted(entry.key)),
           .where = entry.where,
           .related = {{first->where, fmt::format("{} stands here", base::quoted(first->key))}},
           .hint = "keep one of them"});
      return false;
    }
    first = &entry;
  }
  if (first != nullptr || type.choice->count == ChoiceCount::at_most_one) return true;
  std::vector<std::string> names;
  for (const std::string_view name : type.choice->keys)
    names.push_back(base::quoted(name));
  const std::string owner = owner_name(type, label);
  return error("config.missing-key",
               fmt::format("{} needs one of the keys {}", owner, base::join(names, ", ")),
               node.where, "add exactly one of them");
}

bool Checker::check_map(const yaml::Node& node, const Type& type, std::string_view label) {
  bool is_good = true;
  for (const yaml::Entry& entry : node.entries) {
    if (type.map_key_check != nullptr) {
      if (const auto complaint = type.map_key_check(entry.key)) {
        is_good = error("config.bad-value",
                        fmt::format("{}: {} {}", label, base::quoted(entry.key), complaint->phrase),
                        entry.where, complaint->hint);
      }
    }
    if (entry.value.is_null() && !check_colon(entry)) {
      is_good = false;
      continue;
    }
    // Nothing after the colon of a free map is an empty text, if its values are texts.
    if (entry.value.is_null() && type.item->shape == Shape::text) {
      yaml::Node empty = entry.value;
      empty.kind = yaml::NodeKind::scalar;
      empty.where = entry.where;
      is_good &= check_form(empty, *type.item, base::quoted(entry.key));
      continue;
    }
    if (entry.value.is_null()) continue;
    is_good &= check_value(entry.value, *type.item, base::quoted(entry.key));
  }
  return is_good;
}

bool Checker::check_list(const yaml::Node& node, const Type& type, std::string_view label) {
  bool is_good = true;
  const std::string item_label = fmt::format("an item of {}", label);
  std::size_t given = 0;
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    const yaml::Node& item = node.items[index];
    if (index >= type.maximum_items) {
      return error("config.too-many",
                   fmt::format("{} may have {} item{} at most", label, type.maximum_items,
                               type.maximum_items == 1 ? "" : "s"),
                   item.where, std::string(type.too_many_items_hint));
    }
    if (item.is_null()) continue;
    ++given;
    is_good &= check_value(item, *type.item, item_label);
  }
  if (given >= type.minimum_items) return is_good;
  return error("config.missing-key", fmt::format("{} needs an item", label), node.where,
               "add one, or remove the whole section");
}

bool Checker::check_scalar(const yaml::Node& node, const Type& type, std::string_view label) {
  if (is_absent(node, type)) return true;
  switch (type.shape) {
  case Shape::boolean:
    return check_boolean(node, label);
  case Shape::integer:
    return check_integer(node, type, label);
  case Shape::word:
    return check_word(node, type, label);
  case Shape::text:
  case Shape::list:
  case Shape::mapping:
  case Shape::map:
    break;
  }
  return check_text(node, type, label);
}

bool Checker::check_text(const yaml::Node& node, const Type& type, std::string_view label) {
  if (type.check == nullptr) return true;
  const bool is_name = type.check == check_package || type.check == check_unit;
  if (is_name && node.style == yaml::ScalarStyle::plain && node.last_line > node.where.line) {
    return error("config.bad-value",
                 fmt::format("{}: {} runs over several lines", label, base::quoted(node.text)),
                 node.where, "begin each line with \"- \", all in the same column");
  }
  const auto complaint = type.check(node.text);
  if (!complaint) return true;
  if (type.secrecy == Secrecy::secret) {
    return error("config.bad-value", fmt::format("{}: the value {}", label, complaint->phrase),
                 node.where, complaint->hint);
  }
  std::string hint = complaint->hint;
  const std::string plain = without_adornments(node.text);
  if (plain != node.text && !plain.empty() && !type.check(plain))
    hint = fmt::format("did you mean {}?", base::quoted(plain));
  if (hint.empty() && !type.words.empty()) {
    const std::vector<std::string> words = texts_of(type.words);
    hint = base::did_you_mean(node.text, words);
    if (hint.empty()) hint = fmt::format("words are {}", base::join(words, ", "));
  }
  return error("config.bad-value",
               fmt::format("{}: {} {}", label,
                           base::quoted(is_url(type) ? base::without_login(node.text) : node.text),
                           complaint->phrase),
               node.where, std::move(hint));
}

bool Checker::check_word(const yaml::Node& node, const Type& type, std::string_view label) {
  if (find_word(type.words, node.text) != nullptr) return true;
  const std::string plain = without_adornments(node.text);
  std::string hint = find_word(type.words, plain) != nullptr
                         ? fmt::format("did you mean {}?", base::quoted(plain))
                         : hint_for_other_word(node.text, type);
  if (hint.empty()) hint = base::did_you_mean(node.text, texts_of(type.words));
  if (hint.empty()) hint = fmt::format("write {}", words_text(type));
  // The hint is about a word that is meant, or about all: then nobody knows what this is.
  const bool is_shown = type.secrecy == Secrecy::open || hint.starts_with("did you mean");
  return error("config.bad-value",
               fmt::format("{} cannot be {}", label,
                           is_shown ? base::quoted(node.text) : std::string("what stands here")),
               node.where, std::move(hint));
}

bool Checker::check_boolean(const yaml::Node& node, std::string_view label) {
  // The words of YAML 1.1 are booleans in quotes too, as Image Customizer reads them.
  const bool is_word = parse_boolean(node.text).has_value();
  const bool is_literal = is_boolean_literal(node.text);
  const bool is_tagged_text = node.tag == "tag:yaml.org,2002:str";
  const bool is_boolean = node.tag == "tag:yaml.org,2002:bool" ||
                          (!is_tagged_text && node.style == yaml::ScalarStyle::plain);
  if (is_literal && is_boolean) return true;
  if (is_word && !is_literal && node.tag != "tag:yaml.org,2002:bool") return true;
  const auto meant = meant_boolean(node.text);
  return error("config.wrong-type",
               fmt::format("{}: {} is not true or false", label, base::quoted(node.text)),
               node.where,
               is_tagged_text ? std::string("remove the tag")
               : is_literal   ? std::string("remove the quotes")
                              : fmt::format("write {}", !meant   ? "true or false"
                                                        : *meant ? "true"
                                                                 : "false"));
}

bool Checker::check_integer(const yaml::Node& node, const Type& type, std::string_view label) {
  const bool is_tagged_fraction = node.tag == "tag:yaml.org,2002:int" &&
                                  node.text.find_first_of(".eE") != std::string::npos &&
                                  base::to_lower(node.text).find('x') == std::string::npos;
  if (is_tagged_fraction) {
    return error("config.wrong-type",
                 fmt::format("{}: {} is no integer to YAML", label, base::quoted(node.text)),
                 node.where, "remove the tag, or write the number without a point or exponent");
  }
  const auto number = is_bare(node) ? parse_integer(node.text) : std::nullopt;
  if (!number) {
    return error("config.wrong-type",
                 fmt::format("{}: {} is not a whole number", label, base::quoted(node.text)),
                 node.where, hint_for_number(node.text, type));
  }
  if (*number >= type.minimum && *number <= type.maximum) return true;
  return error(
      "config.bad-value",
      fmt::format("{}: {} is not between {} and {}", label, *number, type.minimum, type.maximum),
      node.where, fmt::format("write {}", type.title));
}

bool Checker::report_unknown(const yaml::Entry& entry, const Type& type, std::string_view label) {
  const std::string place = owner_name(type, label);
  const std::string_view key = visible_part(type, entry.key);
  const bool is_whole = key.size() == entry.key.size();
  return error(
      "config.unknown-key", fmt::format("{} has no key {}", place, base::quoted(key)), entry.where,
      is_whole ? hint_for_unknown(*root_, type, entry.key) : "write a blank behind the colon");
}

} // namespace imagewright::config
