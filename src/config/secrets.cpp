// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>

#include <imagewright/base/text.hpp>
#include <imagewright/config/secrets.hpp>
#include <imagewright/yaml/parse.hpp>

#include "config/language/language.hpp"
#include "config/language/type.hpp"

namespace imagewright::config {

namespace {

constexpr std::string_view k_mask = "********";

using Lines = std::vector<std::string>;

/// Where the code point of a column (counted from 1) begins in a line.
std::size_t byte_of_column(std::string_view line, std::uint32_t column) {
  std::size_t at = 0;
  for (std::uint32_t number = 1; number < column && at < line.size(); ++number) {
    ++at;
    while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U)
      ++at;
  }
  return at;
}

void mask_from(std::string& line, std::size_t at) {
  if (at < line.size()) line.replace(at, std::string::npos, k_mask);
}

std::size_t indentation_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

/// YAML 1.2.2, section 8.1: what follows the mark of a block is indented more than its key.
void mask_block(Lines& lines, std::size_t first) {
  const std::size_t indentation = indentation_of(lines[first - 1]);
  for (std::size_t number = first + 1; number <= lines.size(); ++number) {
    std::string& line = lines[number - 1];
    if (base::trimmed(line).empty()) continue;
    if (indentation_of(line) <= indentation) return;
    line = k_mask;
  }
}

void mask_scalar(Lines& lines, const yaml::Node& node) {
  const std::size_t first = node.where.line;
  if (first == 0 || first > lines.size()) return;
  const std::size_t at = byte_of_column(lines[first - 1], node.where.column);
  const std::string_view value = std::string_view(lines[first - 1]).substr(at);
  if (value.starts_with('|') || value.starts_with('>')) mask_block(lines, first);
  mask_from(lines[first - 1], at);
  for (std::size_t number = first + 1; number <= node.last_line && number <= lines.size(); ++number)
    lines[number - 1] = k_mask;
}

/// Also where somebody wrote the secret in the place of the mapping that it belongs into.
bool may_hold_secret(const Type& type) {
  return type.secrecy == Secrecy::secret || std::ranges::any_of(type.keys, [](const Key& key) {
           return key.type != nullptr && key.type->secrecy == Secrecy::secret;
         });
}

void mask_secrets_of(Lines& lines, const yaml::Node& node, const Type& type) {
  if (node.is_scalar() && may_hold_secret(type)) mask_scalar(lines, node);
  if (type.item != nullptr) {
    for (const yaml::Node& item : node.items)
      mask_secrets_of(lines, item, *type.item);
  }
  for (const yaml::Entry& entry : node.entries) {
    const Key* key = find_key(type.keys, entry.key);
    const Type* value_type = key != nullptr ? key->type : type.item;
    if (value_type != nullptr) mask_secrets_of(lines, entry.value, *value_type);
  }
  if (type.other_form != nullptr) mask_secrets_of(lines, node, *type.other_form);
}

/// Of a text that is no YAML: what stands behind a key's colon.
void mask_by_words(Lines& lines) {
  for (std::string& line : lines) {
    for (const std::string_view key : {"password", "value"}) {
      const auto at = line.find(key);
      const auto colon =
          at == std::string::npos ? at : line.find_first_not_of(" \"'", at + key.size());
      // The colon may be what is wrong with the line.
      const bool begins_line = at == line.find_first_not_of(" -\"'") && colon > at + key.size();
      if (colon != std::string::npos && (line[colon] == ':' || begins_line))
        mask_from(line, line[colon] == ':' ? colon + 1 : colon);
    }
  }
}

void mask_private_keys(Lines& lines) {
  bool is_inside = false;
  for (std::string& line : lines) {
    const bool begins = line.find("-----BEGIN") != std::string::npos &&
                        line.find("PRIVATE KEY") != std::string::npos;
    const bool ends = line.find("-----END") != std::string::npos;
    if (begins) mask_from(line, line.find("-----BEGIN"));
    if (is_inside) line = k_mask;
    is_inside = (is_inside || begins) && !ends;
  }
}

} // namespace

std::vector<std::string> lines_without_secrets(std::string_view text) {
  Lines lines = base::split(text, '\n');
  const yaml::Document document = yaml::parse(text, "config");
  if (document.root) {
    mask_secrets_of(lines, *document.root, k_image_config_type);
  } else {
    mask_by_words(lines);
  }
  mask_private_keys(lines);
  return lines;
}

} // namespace imagewright::config
