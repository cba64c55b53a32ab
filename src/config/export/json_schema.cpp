// SPDX-License-Identifier: MIT
#include <regex>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/config/schema.hpp>

#include "config/export/schema_rules.hpp"
#include "config/export/schema_terms.hpp"
#include "config/language/language.hpp"
#include "config/values.hpp"

namespace imagewright::config {

namespace {

using json::Array;
using json::Object;
using json::Value;

// Whole numbers that readers of YAML take for texts; those that they take for numbers are numbers.
constexpr std::string_view k_number_text = "^[-+]?(0[bB][01_]+|0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|"
                                           "[1-9][0-9]*_[0-9_]*([.][0_]*)?([eE][+]?[0-9]+)?)$";
// Words of YAML 1.1.
constexpr std::string_view k_boolean_text = "^([YyNn]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$";

Object schema_of(const Type& type);

void add(Object& object, std::string name, Value value) {
  object.emplace_back(std::move(name), std::move(value));
}

std::string description_of(const Key& key) {
  std::string text(key.documentation);
  if (!key.default_text.empty()) text += fmt::format(" Default: {}.", key.default_text);
  if (!key.preview.empty()) text += fmt::format(" Needs the preview feature `{}`.", key.preview);
  if (key.is_own) text += " Not in Azure Linux Image Customizer.";
  if (!key.since.empty()) text += fmt::format(" Since Image Customizer {}.", key.since);
  if (!key.current_spelling.empty())
    text += fmt::format(" Write `{}` instead.", key.current_spelling);
  return text;
}

/// The default as a value, when it is one and not a sentence.
void add_default(Object& object, const Key& key) {
  const std::string text(key.default_text);
  switch (key.type->shape) {
  case Shape::boolean:
    if (is_boolean_literal(text)) add(object, "default", text == "true");
    break;
  case Shape::integer:
    if (const auto number = parse_integer(text)) add(object, "default", *number);
    break;
  case Shape::word:
  case Shape::text:
    if (find_word(key.type->words, text) != nullptr) add(object, "default", text);
    break;
  case Shape::list:
  case Shape::mapping:
  case Shape::map:
    break;
  }
}

Object key_schema(const Key& key) {
  Object object = schema_of(*key.type);
  add(object, "description", description_of(key));
  add_default(object, key);
  if (!key.current_spelling.empty()) add(object, "deprecated", true);
  return object;
}

/// null stands for "not given". It is kept beside the schema, where descriptions are found.
Object with_null(Object schema) {
  for (auto& [name, value] : schema) {
    Array values = value.find_array() != nullptr ? *value.find_array() : Array{value};
    if (name == "type") {
      values.emplace_back("null");
      value = std::move(values);
    } else if (name == "enum") {
      values.emplace_back(nullptr);
      value = std::move(values);
    } else if (name == "enumDescriptions") {
      values.emplace_back("not given");
      value = std::move(values);
    } else if (name == "anyOf") {
      values.emplace_back(Object{{"type", "null"}});
      value = std::move(values);
    }
  }
  return schema;
}

/// The key that an old one is the spelling of, when it stands in the same mapping.
const Key* find_current(const Type& type, const Key& old) {
  if (old.current_spelling.empty()) return nullptr;
  return find_key(type.keys, old.current_spelling.substr(old.current_spelling.rfind('.') + 1));
}

Value given(std::string_view key) {
  return schema_of_rule(Value(fmt::format("given {}", key)));
}

/// As the choice between keys counts it: an empty text is a value where it may stand for one, as
/// the content of a file.
Value given(const Type& type, std::string_view key) {
  Array absent{nullptr};
  if (find_key(type.keys, key)->type->empty_text == EmptyText::means_not_given)
    absent.emplace_back("");
  return schema_of_key(key, Object{{"not", Object{{"enum", std::move(absent)}}}});
}

Value both_excluded(std::string_view first, std::string_view second) {
  return Object{{"not", Object{{"allOf", Array{given(first), given(second)}}}}};
}

/// Keys that have to be there, and pairs of spellings of which only one may be.
Array spelling_rules(const Type& type, Array& required) {
  Array rules;
  for (const Key& key : type.keys) {
    if (const Key* current = find_current(type, key); current != nullptr && current != &key)
      rules.push_back(both_excluded(key.name, current->name));
    if (key.presence == Presence::optional) continue;
    Array spellings{given(key.name)};
    for (const Key& other : type.keys) {
      if (find_current(type, other) == &key) spellings.push_back(given(other.name));
    }
    if (spellings.size() == 1) {
      required.emplace_back(key.name);
    } else {
      rules.push_back(Object{{"anyOf", std::move(spellings)}});
    }
  }
  return rules;
}

void add_choice(Array& rules, const Type& type) {
  const Choice& choice = *type.choice;
  Array one_of;
  for (const std::string_view key : choice.keys)
    one_of.push_back(given(type, key));
  if (choice.count == ChoiceCount::at_most_one)
    one_of.push_back(Object{{"not", Object{{"anyOf", one_of}}}});
  rules.push_back(Object{{"oneOf", std::move(one_of)}});
}

Object mapping_schema(const Type& type) {
  Object properties;
  for (const Key& key : type.keys) {
    if (!key.removed_hint.empty()) continue;
    Object value = key_schema(key);
    const bool is_required = key.presence == Presence::required;
    add(properties, std::string(key.name),
        is_required ? std::move(value) : with_null(std::move(value)));
  }
  Object object{{"type", "object"}, {"additionalProperties", false}};
  add(object, "properties", std::move(properties));
  Array required;
  Array rules = spelling_rules(type, required);
  if (!required.empty()) add(object, "required", std::move(required));
  if (type.choice) add_choice(rules, type);
  for (Value& rule : rules_of(type))
    rules.push_back(std::move(rule));
  if (&type == &k_image_config_type) {
    for (Value& rule : gate_rules())
      rules.push_back(std::move(rule));
  }
  if (&type == &k_inject_files_type) {
    const Value feature = Object{{"const", "inject-files"}};
    rules.push_back(schema_of_key("previewFeatures", schema_of_item(feature)));
  }
  if (!rules.empty()) add(object, "allOf", std::move(rules));
  return object;
}

Object word_schema(const Type& type) {
  Array words;
  Array meanings;
  for (const Word& word : type.words) {
    words.emplace_back(word.text);
    meanings.emplace_back(word.documentation);
  }
  if (type.empty_text == EmptyText::means_not_given) {
    words.emplace_back("");
    meanings.emplace_back("not given");
  }
  return {{"enum", std::move(words)}, {"enumDescriptions", std::move(meanings)}};
}

/// Texts may be written without quotes, and then YAML takes some of them for numbers or booleans.
Array kinds_of_text(const std::regex* pattern) {
  const auto fits = [&](const char* text) {
    return pattern == nullptr || std::regex_search(text, *pattern);
  };
  Array kinds{"string"};
  if (fits("6") || fits("6.5")) kinds.emplace_back("number");
  if (fits("true")) kinds.emplace_back("boolean");
  return kinds;
}

void add_message(Object& object, const Type& type) {
  if (!type.title.empty()) add(object, "patternErrorMessage", fmt::format("Write {}.", type.title));
}

Object pattern_schema(const Type& type) {
  const bool may_be_empty = type.empty_text == EmptyText::means_not_given;
  const std::regex regex{std::string(type.pattern)};
  Object object{{"type", kinds_of_text(&regex)}};
  add(object, "pattern",
      may_be_empty ? fmt::format("^$|{}", type.pattern) : std::string(type.pattern));
  add_message(object, type);
  if (type.maximum != 0) add(object, "maximum", type.maximum);
  return object;
}

Object text_schema(const Type& type) {
  Object object;
  if (type.pattern.empty()) {
    add(object, "type", kinds_of_text(nullptr));
  } else if (type.words.empty()) {
    object = pattern_schema(type);
  } else {
    add(object, "anyOf", Array{word_schema(type), pattern_schema(type)});
  }
  if (!type.example.empty()) add(object, "examples", Array{type.example});
  return object;
}

/// Rules about keys have no meaning for an item that is null.
Object with_rules_for_objects(Object schema) {
  for (auto& [name, value] : schema) {
    if (name != "allOf") continue;
    Object rule{{"if", Object{{"type", "object"}}}, {"then", Object{{"allOf", std::move(value)}}}};
    value = Array{std::move(rule)};
  }
  return schema;
}

Object list_schema(const Type& type) {
  Object items = with_rules_for_objects(with_null(schema_of(*type.item)));
  Object object{{"type", "array"}, {"items", std::move(items)}};
  if (type.minimum_items > 0)
    add(object, "minItems", static_cast<std::uint64_t>(type.minimum_items));
  if (type.maximum_items != SIZE_MAX)
    add(object, "maxItems", static_cast<std::uint64_t>(type.maximum_items));
  return object;
}

Object map_schema(const Type& type) {
  // Nothing after the colon is an empty text, where values are texts.
  const Type& item = *type.item;
  const bool may_be_null = item.shape != Shape::text || item.pattern.empty() ||
                           std::regex_search("", std::regex{std::string(item.pattern)});
  // A config inside of a config is what the whole document is.
  if (&item == &k_image_config_type) {
    return {{"type", "object"},
            {"additionalProperties",
             Object{{"anyOf", Array{Object{{"$ref", "#"}}, Object{{"type", "null"}}}}}},
            {"propertyNames", Object{{"pattern", type.map_key_pattern}}}};
  }
  Object values = schema_of(item);
  if (may_be_null) values = with_null(std::move(values));
  Object object{{"type", "object"}, {"additionalProperties", std::move(values)}};
  if (!type.map_key_pattern.empty())
    add(object, "propertyNames", Object{{"pattern", type.map_key_pattern}});
  return object;
}

Object single_form(const Type& type) {
  switch (type.shape) {
  case Shape::text:
    return text_schema(type);
  case Shape::boolean:
    return {{"type", Array{"boolean", "string"}}, {"pattern", k_boolean_text}};
  case Shape::integer:
    return {{"type", Array{"integer", "string"}},
            {"minimum", type.minimum},
            {"maximum", type.maximum},
            {"pattern", k_number_text},
            {"patternErrorMessage", fmt::format("Write {}.", type.title)}};
  case Shape::word:
    return word_schema(type);
  case Shape::mapping:
    return mapping_schema(type);
  case Shape::map:
    return map_schema(type);
  case Shape::list:
    break;
  }
  return list_schema(type);
}

Object schema_of(const Type& type) {
  if (type.other_form == nullptr) return single_form(type);
  Array forms;
  for (const Type* form = &type; form != nullptr; form = form->other_form) {
    Object object = single_form(*form);
    if (!form->current_form.empty()) add(object, "deprecated", true);
    forms.push_back(std::move(object));
  }
  return {{"anyOf", std::move(forms)}};
}

} // namespace

namespace {

Value document_schema(std::string_view title, const Type& type) {
  Object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  for (auto& member : mapping_schema(type))
    schema.push_back(std::move(member));
  return schema;
}

} // namespace

json::Value json_schema() {
  return document_schema("Imagewright image config", k_image_config_type);
}

json::Value inject_files_schema() {
  return document_schema("Imagewright list of files to put back", k_inject_files_type);
}

json::Value release_profile_schema() {
  return document_schema("Imagewright release profile", k_release_profile_type);
}

json::Value package_list_schema() {
  return document_schema("Imagewright package list", k_package_list_type);
}

} // namespace imagewright::config
