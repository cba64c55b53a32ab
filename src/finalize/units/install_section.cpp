// SPDX-License-Identifier: MIT
#include "install_section.hpp"

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::finalize::units {
namespace {

/// Lines with continuations ("\" at the end) joined, comments left out.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> lines;
  bool is_continued = false;
  for (const auto& raw : base::split(text, '\n')) {
    auto line = std::string(base::trimmed(raw));
    const bool is_comment = line.starts_with('#') || line.starts_with(';');
    if (is_comment) continue; // also within a continued line, as systemd.syntax(7) has it
    const bool continues = line.ends_with('\\');
    if (continues) line.back() = ' ';
    if (is_continued) {
      lines.back() += line;
    } else {
      lines.push_back(line);
    }
    is_continued = continues;
  }
  return lines;
}

/// Words between blanks; quotes at the beginning of a word group, and vanish (config_parse_strv).
std::vector<std::string> words_of(std::string_view value) {
  std::vector<std::string> words;
  while (!(value = base::trimmed(value)).empty()) {
    const bool is_quoted = value.front() == '"' || value.front() == '\'';
    const auto end = is_quoted ? value.find(value.front(), 1) : value.find_first_of(" \t");
    words.emplace_back(value.substr(is_quoted ? 1 : 0, is_quoted ? end - 1 : end));
    if (end == std::string_view::npos) break;
    value.remove_prefix(end + 1);
  }
  return words;
}

void assign(std::vector<std::string>& list, std::string_view value) {
  const auto words = words_of(value);
  if (words.empty()) list.clear();
  list.insert(list.end(), words.begin(), words.end());
}

void assign(InstallSection& section, std::string_view key, std::string_view value) {
  if (key == "Alias") assign(section.aliases, value);
  if (key == "WantedBy") assign(section.wanted_by, value);
  if (key == "RequiredBy") assign(section.required_by, value);
  if (key == "UpheldBy") assign(section.upheld_by, value);
  if (key == "Also") assign(section.also, value);
  if (key == "DefaultInstance") section.default_instance = value;
}

std::string specifier(char letter, const UnitName& unit) {
  const auto name = unit.to_string();
  switch (letter) {
  case 'n':
    return name;
  case 'N':
    return name.substr(0, name.size() - unit.suffix.size());
  case 'p':
    return unit.prefix;
  case 'i':
    return unit.instance.value_or("");
  case 'j':
    return unit.prefix.substr(unit.prefix.rfind('-') + 1);
  case '%':
    return "%";
  default:
    throw base::Error(base::FailureKind::build, "finalize.unit-specifier",
                      "the [Install] section of unit " + base::quoted(name) +
                          " has the specifier %" + std::string(1, letter) +
                          ", which is known on a running system only",
                      "write the name out, with a drop-in if the unit is a package's");
  }
}

} // namespace

InstallSection with_install_text(InstallSection section, std::string_view unit_text) {
  bool is_install = false;
  for (const auto& line : logical_lines(unit_text)) {
    if (line.starts_with('[')) {
      is_install = line == "[Install]";
      continue;
    }
    const auto equals = line.find('=');
    if (!is_install || equals == std::string::npos) continue;
    const std::string_view text = line;
    assign(section, base::trimmed(text.substr(0, equals)), base::trimmed(text.substr(equals + 1)));
  }
  return section;
}

std::string with_specifiers(std::string_view text, const UnitName& unit) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 1 < text.size()) {
      result += specifier(text[++i], unit);
    } else {
      result += text[i];
    }
  }
  return result;
}

} // namespace imagewright::finalize::units
