// SPDX-License-Identifier: MIT
#include "config/export/yaml_writer.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <imagewright/base/text.hpp>

#include "config/values.hpp"

namespace imagewright::config {

namespace {

/// Texts that stay the same text without quotes, whatever stands around them.
bool is_plain(const std::string& text) {
  constexpr std::string_view safe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+ ";
  // "0x1F", "0b1", "1e3", "2026-01-31", ".inf"
  const bool is_number =
      !text.empty() && text.find_first_of("0123456789.+-") == 0 &&
      text.find_first_not_of("0123456789.+-_abcdefxoABCDEFXOinINF") == std::string::npos;
  const bool starts_well =
      !text.empty() && text.front() != '-' && text.front() != ' ' && text.back() != ' ';
  const bool is_word =
      parse_boolean(text).has_value() || text == "null" || text == "Null" || text == "NULL";
  return starts_well && !is_number && !is_word && text.find_first_not_of(safe) == std::string::npos;
}

/// JSON's quoted texts are YAML's.
std::string scalar(const json::Value& value) {
  const std::string* text = value.find_string();
  return text != nullptr && is_plain(*text) ? *text : json::to_line(value);
}

/// Lines that a literal block holds as they are.
bool is_literal(const std::string& text) {
  if (text.find('\n') == std::string::npos || text.front() == ' ' || text.front() == '\t' ||
      text.front() == '\n' || text.ends_with("\n\n"))
    return false;
  return std::all_of(text.begin(), text.end(), [](char character) {
    return (character >= ' ' && character <= '~') || character == '\n' || character == '\t';
  });
}

std::string literal(const std::string& text, std::size_t indent) {
  const bool ends_line = text.back() == '\n';
  std::string result = ends_line ? "|\n" : "|-\n";
  std::vector<std::string> lines = base::split(text, '\n');
  if (ends_line) lines.pop_back();
  for (const std::string& line : lines)
    result += (line.empty() ? "" : std::string(indent, ' ') + line) + "\n";
  return result;
}

/// What follows a colon or a dash, with the end of its line.
std::string inline_value(const json::Value& value, std::size_t indent) {
  const std::string* text = value.find_string();
  if (text != nullptr && is_literal(*text)) return literal(*text, indent);
  return scalar(value) + "\n";
}

bool is_block(const json::Value& value) {
  const auto* array = value.find_array();
  const auto* object = value.find_object();
  return (array != nullptr && !array->empty()) || (object != nullptr && !object->empty());
}

std::string block(const json::Value& value, std::size_t indent);

std::string object_block(const json::Object& object, std::size_t indent) {
  std::string text;
  for (const auto& [key, value] : object) {
    text += std::string(indent, ' ') + scalar(key) + ":";
    if (!is_block(value)) {
      text += " " + inline_value(value, indent + 2);
    } else {
      const bool is_list = value.find_array() != nullptr;
      text += "\n" + block(value, is_list ? indent : indent + 2);
    }
  }
  return text;
}

std::string array_block(const json::Array& array, std::size_t indent) {
  std::string text;
  for (const json::Value& item : array) {
    if (!is_block(item)) {
      text += std::string(indent, ' ') + "- " + inline_value(item, indent + 2);
      continue;
    }
    std::string inner = block(item, indent + 2);
    inner[indent] = '-';
    text += inner;
  }
  return text;
}

std::string block(const json::Value& value, std::size_t indent) {
  if (const auto* object = value.find_object()) return object_block(*object, indent);
  return array_block(*value.find_array(), indent);
}

} // namespace

std::string to_yaml(const json::Value& value) {
  return is_block(value) ? block(value, 0) : scalar(value) + "\n";
}

} // namespace imagewright::config
