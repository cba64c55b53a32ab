// SPDX-License-Identifier: MIT
#include "reference_names.hpp"

#include <algorithm>

#include <imagewright/model/settings_files.hpp>

#include "units/name.hpp"

namespace imagewright::finalize {

std::string full_unit_name(const std::string& name) {
  return units::parse_unit_name(name) ? name : name + ".service";
}

std::string stored_locale(const std::string& locale) {
  const std::size_t dot = locale.find('.');
  if (dot == std::string::npos) return locale;
  const std::size_t at = std::min(locale.find('@'), locale.size());
  std::string codeset;
  for (const char letter : locale.substr(dot + 1, at - dot - 1)) {
    if (letter == '-') continue;
    codeset += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  return locale.substr(0, dot + 1) + codeset + locale.substr(at);
}

bool is_built_in_locale(std::string_view stored) {
  return stored == "C" || stored == "POSIX" || stored == "C.utf8";
}

std::string module_of(std::string_view file) {
  const std::string_view name = file.substr(file.rfind('/') + 1);
  return model::with_underscores(std::string(name.substr(0, name.find(".ko"))));
}

} // namespace imagewright::finalize
