// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>

#include <imagewright/base/secret_words.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/config/secrets.hpp>
#include <imagewright/yaml/parse.hpp>

#include "config/language/language.hpp"
#include "config/language/type.hpp"
#include "config/secret_types.hpp"

namespace imagewright::config {

namespace {

using base::k_mask;

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

/// What stands behind a key that has no value: an anchor or a tag that was meant as one.
void mask_behind_key(Lines& lines, const yaml::Entry& entry) {
  const std::size_t number = entry.where.line;
  if (number == 0 || number > lines.size()) return;
  std::string& line = lines[number - 1];
  const std::size_t sign =
      line.find_first_of("&!", byte_of_column(line, entry.where.column) + entry.key.size());
  if (sign != std::string::npos) mask_from(line, sign);
}

/// Of what stands where a secret belongs and has another form.
void mask_all(Lines& lines, const yaml::Node& node) {
  if (node.is_scalar()) mask_scalar(lines, node);
  for (const yaml::Node& item : node.items)
    mask_all(lines, item);
  for (const yaml::Entry& entry : node.entries)
    mask_all(lines, entry.value);
}

/// Of what the language does not know: by the names of its keys.
void mask_by_names(Lines& lines, const yaml::Node& node) {
  for (const yaml::Node& item : node.items)
    mask_by_names(lines, item);
  for (const yaml::Entry& entry : node.entries) {
    if (base::names_a_secret(entry.key)) {
      mask_all(lines, entry.value);
    } else {
      mask_by_names(lines, entry.value);
    }
  }
}

/// A key that the language does not have, and its value.
void mask_unknown(Lines& lines, const yaml::Entry& entry, const Type& mapping) {
  const std::string_view visible = visible_part(mapping, entry.key);
  const std::size_t number = entry.where.line;
  if (visible.size() < entry.key.size() && number > 0 && number <= lines.size()) {
    std::string& line = lines[number - 1];
    const std::size_t at = byte_of_column(line, entry.where.column);
    mask_from(line, std::min(line.find_first_of(":=", at), line.size() - 1) + 1);
  }
  const bool is_environment = base::to_lower(entry.key).starts_with("env");
  if (is_environment || may_be_secret(mapping, entry.key)) {
    mask_all(lines, entry.value);
  } else {
    mask_by_names(lines, entry.value);
  }
}

/// A user's name and password that `without_secrets` does not find in the line: without a protocol,
/// with escapes, over several lines.
bool hides_login(const std::string& line, const std::string& url) {
  const std::size_t at = url.rfind('@');
  if (at == std::string::npos) return false;
  const std::string before = url.substr(0, at);
  const std::size_t slashes = before.find("//");
  const std::string login = slashes == std::string::npos ? before : before.substr(slashes + 2);
  return line.find(url) == std::string::npos ||
         base::without_secrets(line).find(login) != std::string::npos;
}

bool is_secret(const Lines& lines, const yaml::Node& node, const Type& type) {
  // Of a user, or of all: a name in the place of the mapping is none.
  constexpr int k_levels = 3;
  const bool is_name =
      node.text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_.-, ") == std::string::npos;
  if (type.shape == Shape::word && find_word(type.words, node.text) != nullptr) return false;
  if (may_hold_secret(type, 1) || (!is_name && may_hold_secret(type, k_levels))) return true;
  return is_url(type) && node.where.line > 0 && node.where.line <= lines.size() &&
         hides_login(lines[node.where.line - 1], node.text);
}

/// Of a list of arguments: "--token=…", and what follows "--token".
void mask_arguments(Lines& lines, const yaml::Node& list) {
  std::vector<std::string> texts;
  for (const yaml::Node& item : list.items)
    texts.push_back(item.text);
  const std::vector<std::string> visible = base::arguments_without_secrets(texts);
  for (std::size_t index = 0; index < texts.size(); ++index) {
    if (visible[index] != texts[index]) mask_scalar(lines, list.items[index]);
  }
}

void mask_secrets_of(Lines& lines, const yaml::Node& node, const Type& type) {
  if (node.is_scalar() && is_secret(lines, node, type)) mask_scalar(lines, node);
  const bool is_list_elsewhere = node.is_sequence() && type.item == nullptr;
  const bool is_mapping_elsewhere = node.is_mapping() && type.item == nullptr && type.keys.empty();
  const bool has_other_form = type.other_form != nullptr;
  if ((is_list_elsewhere || is_mapping_elsewhere) && !has_other_form) {
    if (may_hold_secret(type, 1)) {
      mask_all(lines, node);
    } else {
      mask_by_names(lines, node);
    }
    return;
  }
  if (type.item != nullptr) {
    mask_arguments(lines, node);
    for (const yaml::Node& item : node.items)
      mask_secrets_of(lines, item, *type.item);
  }
  for (const yaml::Entry& entry : node.entries) {
    const Key* key = find_key(type.keys, entry.key);
    const Type* value_type = key != nullptr ? key->type : type.item;
    if (value_type == nullptr) {
      if (!has_other_form) mask_unknown(lines, entry, type);
    } else if (entry.value.is_null() && value_type->secrecy == Secrecy::secret) {
      mask_behind_key(lines, entry);
    } else {
      mask_secrets_of(lines, entry.value, *value_type);
    }
  }
  if (has_other_form) mask_secrets_of(lines, node, *type.other_form);
}

/// Of a text that is no YAML: a login whose URL cannot be told, as it runs over several lines.
void mask_login(std::string& line) {
  const std::size_t at = base::without_secrets(line) == line ? line.find('@') : std::string::npos;
  if (at != std::string::npos) mask_from(line, line.find_last_of(" \t\"'", at) + 1);
}

/// Of a text that is no YAML: what stands behind a key's colon.
void mask_by_words(std::string& line) {
  constexpr std::string_view k_of_words =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  std::size_t end = 0;
  for (std::size_t at = line.find_first_of(k_of_words); at != std::string::npos;
       at = line.find_first_of(k_of_words, end)) {
    end = std::min(line.find_first_not_of(k_of_words, at), line.size());
    const std::string_view key = std::string_view(line).substr(at, end - at);
    if (key != "value" && !base::names_a_secret(key)) continue;
    const std::size_t colon = line.find_first_not_of(" \"'", end);
    // The colon may be what is wrong with the line.
    const bool begins_line = at == line.find_first_not_of(" -\"'") && colon > end;
    if (colon == std::string::npos || (line[colon] != ':' && !begins_line)) continue;
    mask_from(line, line[colon] == ':' ? colon + 1 : colon);
    return;
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
    std::ranges::for_each(lines, mask_by_words);
    std::ranges::for_each(lines, mask_login);
  }
  mask_private_keys(lines);
  return lines;
}

} // namespace imagewright::config
