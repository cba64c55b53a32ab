// SPDX-License-Identifier: MIT
#pragma once

// The files by which a system is told of kernel settings and modules, in an image and on a node.

#include <algorithm>
#include <map>
#include <string>

#include <imagewright/model/os_config.hpp>

namespace imagewright::model {

/// After the packages' files, which by custom stop at 90.
inline constexpr const char* k_sysctl_file = "/etc/sysctl.d/95-image.conf";
inline constexpr const char* k_loaded_modules_file = "/etc/modules-load.d/modules-load.conf";
inline constexpr const char* k_blocked_modules_file = "/etc/modprobe.d/modules-disabled.conf";
inline constexpr const char* k_module_options_file = "/etc/modprobe.d/module-options.conf";

/// A kernel parameter by the one name that all its spellings have: where the first separator is a
/// slash, dots and slashes change places (sysctl.d(5)); a hyphen before it lets it fail.
inline std::string sysctl_name(std::string spelling) {
  if (spelling.starts_with('-')) spelling.erase(0, 1);
  const std::size_t first = spelling.find_first_of("./");
  if (first == std::string::npos || spelling[first] == '.') return spelling;
  for (char& letter : spelling) {
    if (letter == '.' || letter == '/') letter = letter == '.' ? '/' : '.';
  }
  return spelling;
}

inline std::string sysctl_text(const std::map<std::string, LocatedText>& settings) {
  std::string text;
  for (const auto& [name, value] : settings)
    text += name + " = " + value.text + '\n';
  return text;
}

/// modprobe(8) takes hyphens and underscores of modules and their options for the same.
inline std::string with_underscores(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

inline std::string block_line(const ModuleConfig& module) {
  return "blacklist " + module.name.text;
}

inline std::string option_line(const ModuleConfig& module) {
  std::string line = "options " + module.name.text;
  for (const auto& [name, value] : module.options)
    line += ' ' + name + '=' + value;
  return line;
}

} // namespace imagewright::model
