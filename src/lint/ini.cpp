// SPDX-License-Identifier: MIT
#include "lint/ini.hpp"

#include <cstddef>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

namespace imagewright::lint {

std::optional<std::string> IniFile::find(std::string_view key) const {
  const auto found = values.find(key);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

IniFile parse_ini(std::string_view text) {
  IniFile file;
  std::string section;
  std::size_t number = 0;
  for (const std::string& whole : base::split(text, '\n')) {
    ++number;
    std::string_view line = base::trimmed(whole);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[' && line.back() == ']') {
      section = base::to_lower(base::trimmed(line.substr(1, line.size() - 2)));
      continue;
    }
    const std::size_t sign = line.find('=');
    if (sign == std::string_view::npos || section.empty()) {
      file.mistakes.push_back(
          fmt::format("line {} is no key of a section: {}", number, base::quoted(line)));
      continue;
    }
    std::string_view value = base::trimmed(line.substr(sign + 1));
    if (value.size() > 1 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    file.values[fmt::format("[{}] {}", section,
                            base::to_lower(base::trimmed(line.substr(0, sign))))] =
        std::string(value);
  }
  return file;
}

} // namespace imagewright::lint
