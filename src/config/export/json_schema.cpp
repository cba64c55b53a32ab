// SPDX-License-Identifier: MIT
#include <utility>

#include <fmt/format.h>

#include <imagewright/config/schema.hpp>

#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

using json::Array;
using json::Object;
using json::Value;

Value schema_of(const Type& type);

void add(Object& object, std::string name, Value value) {
  object.emplace_back(std::move(name), std::move(value));
}

std::string description_of(const Key& key) {
  std::string text(key.documentation);
  if (!key.default_text.empty()) text += fmt::format(" Default: {}.", key.default_text);
  if (!key.preview.empty()) text += fmt::format(" Needs the preview feature {}.", key.preview);
  if (!key.current_spelling.empty())
    text += fmt::format(" Write {} instead.", key.current_spelling);
  return text;
}

Value key_schema(const Key& key) {
  Value value = schema_of(*key.type);
  Object object = *value.find_object();
  add(object, "description", description_of(key));
  if (!key.current_spelling.empty()) add(object, "deprecated", true);
  return object;
}

/// null stands for "not given" everywhere but in lists.
Value with_null(Value schema) {
  return Object{{"anyOf", Array{std::move(schema), Object{{"type", "null"}}}}};
}

Value requirement(std::string_view key) {
  return Object{{"required", Array{std::string(key)}}};
}

void add_choice(Object& object, const Choice& choice) {
  Array one_of;
  for (const std::string_view key : choice.keys)
    one_of.push_back(requirement(key));
  if (choice.count == ChoiceCount::at_most_one) {
    one_of.push_back(Object{{"not", Object{{"anyOf", one_of}}}});
  }
  add(object, "oneOf", std::move(one_of));
}

Object mapping_schema(const Type& type) {
  Object properties;
  Array required;
  for (const Key& key : type.keys) {
    if (!key.removed_hint.empty()) continue;
    Value value = key_schema(key);
    const bool is_required = key.presence == Presence::required;
    add(properties, std::string(key.name),
        is_required ? std::move(value) : with_null(std::move(value)));
    if (is_required) required.push_back(std::string(key.name));
  }
  Object object{{"type", "object"}, {"additionalProperties", false}};
  add(object, "properties", std::move(properties));
  if (!required.empty()) add(object, "required", std::move(required));
  if (type.choice) add_choice(object, *type.choice);
  return object;
}

Object word_schema(const Type& type) {
  Array words;
  if (type.empty_text == EmptyText::means_not_given) words.push_back("");
  for (const Word& word : type.words)
    words.push_back(std::string(word.text));
  return {{"enum", std::move(words)}};
}

/// Texts may be written without quotes, and then YAML takes some of them for numbers.
Object text_schema(const Type& type) {
  Object object{{"type", Array{"string", "number", "boolean"}}};
  if (!type.pattern.empty()) {
    const bool may_be_empty = type.empty_text == EmptyText::means_not_given;
    std::string pattern(type.pattern);
    if (!type.words.empty()) pattern.clear();
    if (may_be_empty && !pattern.empty()) pattern = fmt::format("^$|{}", pattern);
    if (!pattern.empty()) add(object, "pattern", std::move(pattern));
  }
  if (!type.words.empty()) {
    Array examples;
    for (const Word& word : type.words)
      examples.push_back(std::string(word.text));
    add(object, "examples", std::move(examples));
  }
  return object;
}

Object single_form(const Type& type) {
  switch (type.shape) {
  case Shape::text:
    return text_schema(type);
  case Shape::boolean:
    return {{"type", "boolean"}};
  case Shape::integer:
    return {{"type", "integer"}, {"minimum", type.minimum}, {"maximum", type.maximum}};
  case Shape::word:
    return word_schema(type);
  case Shape::mapping:
    return mapping_schema(type);
  case Shape::map:
    return {{"type", "object"}, {"additionalProperties", schema_of(*type.item)}};
  case Shape::list:
    break;
  }
  Object object{{"type", "array"}, {"items", schema_of(*type.item)}};
  if (type.maximum_items != SIZE_MAX)
    add(object, "maxItems", static_cast<std::uint64_t>(type.maximum_items));
  return object;
}

Value schema_of(const Type& type) {
  if (type.other_form == nullptr) return single_form(type);
  Array forms;
  for (const Type* form = &type; form != nullptr; form = form->other_form) {
    Object object = single_form(*form);
    if (!form->current_form.empty()) add(object, "deprecated", true);
    forms.push_back(std::move(object));
  }
  return Object{{"anyOf", std::move(forms)}};
}

} // namespace

json::Value json_schema() {
  Object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "Imagewright image config"}};
  for (auto& member : mapping_schema(k_image_config_type))
    schema.push_back(std::move(member));
  return schema;
}

} // namespace imagewright::config
