// SPDX-License-Identifier: MIT
#include "config/tags.hpp"

#include <string_view>

namespace imagewright::config {

namespace {

constexpr std::string_view k_core = "tag:yaml.org,2002:";

} // namespace

bool fits_tag(Shape shape, const std::string& tag) {
  if (tag.empty()) return true;
  const std::string_view name =
      tag.starts_with(k_core) ? std::string_view(tag).substr(k_core.size()) : std::string_view();
  switch (shape) {
  case Shape::list:
    return name == "seq";
  case Shape::mapping:
  case Shape::map:
    return name == "map";
  case Shape::boolean:
    return name == "bool" || name == "str";
  case Shape::integer:
    return name == "int" || name == "float";
  case Shape::text:
  case Shape::word:
    break;
  }
  return name == "str" || name == "int" || name == "float" || name == "bool" || name == "timestamp";
}

std::string short_tag(const std::string& tag) {
  return tag.starts_with(k_core) ? "!!" + tag.substr(k_core.size()) : tag;
}

bool is_bare(const yaml::Node& node) {
  if (node.tag == "tag:yaml.org,2002:int" || node.tag == "tag:yaml.org,2002:float") return true;
  return node.style == yaml::ScalarStyle::plain && node.tag.empty();
}

} // namespace imagewright::config
