// SPDX-License-Identifier: MIT
#include <imagewright/fleet/fleet_file.hpp>
#include <imagewright/model/architecture_names.hpp>
#include <imagewright/model/image_format.hpp>

#include "fleet_keys.hpp"

namespace imagewright::fleet {

namespace {

json::Object list_of(json::Object item) {
  return {{"type", "array"}, {"minItems", 1}, {"items", std::move(item)}};
}

json::Object one_of(const std::vector<std::string>& words) {
  json::Array array;
  for (const std::string& word : words)
    array.emplace_back(word);
  return {{"enum", std::move(array)}};
}

json::Object named(json::Object value) {
  return {{"type", "object"},
          {"minProperties", 1},
          {"propertyNames", json::Object{{"pattern", k_name_pattern}}},
          {"additionalProperties", std::move(value)}};
}

json::Object text() {
  return {{"type", "string"}, {"minLength", 1}};
}

json::Object exclusion() {
  json::Object properties;
  json::Array patterns;
  for (const FleetKey& key : k_exclusion_keys) {
    json::Object property{{"description", key.description}};
    for (auto& member : text())
      property.push_back(std::move(member));
    properties.emplace_back(std::string(key.name), std::move(property));
    if (key.name != "reason") patterns.push_back(json::Object{{"required", json::Array{key.name}}});
  }
  return {{"type", "object"},
          {"additionalProperties", false},
          {"anyOf", std::move(patterns)},
          {"properties", std::move(properties)}};
}

json::Object value_of(std::string_view key) {
  if (key == "variants") return named(text());
  if (key == "architectures") return list_of(one_of(model::architecture_words()));
  if (key == "platforms") return named(list_of(one_of(model::image_format_words())));
  return list_of(exclusion());
}

} // namespace

json::Value fleet_schema() {
  json::Object properties;
  for (const FleetKey& key : k_fleet_keys) {
    json::Object property{{"description", key.description}};
    for (auto& member : value_of(key.name))
      property.push_back(std::move(member));
    properties.emplace_back(std::string(key.name), std::move(property));
  }
  return json::Object{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "A fleet of Imagewright"},
                      {"type", "object"},
                      {"additionalProperties", false},
                      {"required", json::Array{"variants"}},
                      {"properties", std::move(properties)}};
}

} // namespace imagewright::fleet
