// SPDX-License-Identifier: MIT
#include "config/export/schema_terms.hpp"

#include <string>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::config {

namespace {

using json::Array;
using json::Object;
using json::Value;

Value single(std::string_view name, Value value) {
  Object object;
  object.emplace_back(std::string(name), std::move(value));
  return object;
}

Value words(std::string_view text) {
  Array array;
  for (std::string& word : base::split(text, '|'))
    array.emplace_back(std::move(word));
  return single("enum", std::move(array));
}

Value text_like(std::string_view pattern) {
  Object object;
  object.emplace_back("type", "string");
  object.emplace_back("pattern", pattern);
  return object;
}

Value truth(bool value) {
  Array spellings;
  spellings.push_back(single("const", value));
  spellings.push_back(
      text_like(value ? "^([Yy]|yes|Yes|YES|on|On|ON)$" : "^([Nn]|no|No|NO|off|Off|OFF)$"));
  return single("anyOf", std::move(spellings));
}

Value not_absent() {
  Array absent;
  absent.emplace_back(nullptr);
  absent.emplace_back("");
  absent.emplace_back(Array());
  absent.emplace_back(Array{nullptr});
  return single("not", single("enum", std::move(absent)));
}

Value term(const std::string& text) {
  const std::vector<std::string> parts = base::split(text, ' ');
  IMAGEWRIGHT_ASSERT(parts.size() >= 2);
  if (parts[0] == "says") return schema_of_key(parts[1], words(parts.at(2)));
  if (parts[0] == "true") return schema_of_key(parts[1], truth(true));
  if (parts[0] == "false") return schema_of_key(parts[1], truth(false));
  IMAGEWRIGHT_ASSERT(parts[0] == "given");
  return schema_of_key(parts[1], not_absent());
}

Value few(Value item) {
  Object object;
  object.emplace_back("contains", std::move(item));
  object.emplace_back("minContains", 0);
  object.emplace_back("maxContains", 1);
  return object;
}

bool holds_rules(std::string_view keyword) {
  return keyword == "allOf" || keyword == "anyOf" || keyword == "not" || keyword == "if" ||
         keyword == "then";
}

/// A member of a rule, as the schema that it is or as a keyword of one.
Value member(const std::string& name, const Value& value) {
  const std::size_t blank = name.find(' ');
  const std::string word = name.substr(0, blank);
  const std::string key = blank == std::string::npos ? "" : name.substr(blank + 1);
  if (word == "has") return schema_of_key(key, schema_of_rule(value));
  if (word == "there") return single("properties", single(key, schema_of_rule(value)));
  if (word == "some") return schema_of_item(schema_of_rule(value));
  if (word == "each") return single("items", schema_of_rule(value));
  if (word == "few") return few(schema_of_rule(value));
  if (word == "text") return text_like(*value.find_string());
  return single(name, holds_rules(name) ? schema_of_rule(value) : value);
}

} // namespace

Value schema_of_key(std::string_view key, Value value) {
  Array required;
  required.emplace_back(key);
  Object object;
  object.emplace_back("type", "object");
  object.emplace_back("required", std::move(required));
  object.emplace_back("properties", single(key, std::move(value)));
  return object;
}

Value schema_of_item(Value item) {
  Object object;
  object.emplace_back("type", "array");
  object.emplace_back("contains", std::move(item));
  return object;
}

Value schema_of_rule(const Value& rule) {
  if (const std::string* text = rule.find_string()) return term(*text);
  if (const Array* rules = rule.find_array()) {
    Array schemas;
    for (const Value& each : *rules)
      schemas.push_back(schema_of_rule(each));
    return schemas;
  }
  Object schema;
  for (const auto& [name, value] : *rule.find_object()) {
    const Value part = member(name, value);
    for (const auto& each : *part.find_object())
      schema.push_back(each);
  }
  return schema;
}

} // namespace imagewright::config
