// SPDX-License-Identifier: MIT
#include "sysctl_settings.hpp"

#include <utility>

#include <imagewright/base/text.hpp>
#include <imagewright/model/settings_files.hpp>

#include "file_name.hpp"

namespace imagewright::finalize {

std::optional<std::pair<std::string, std::string>> read_sysctl_line(const std::string& line) {
  const std::string_view text = base::trimmed(line);
  const std::size_t equals = text.find('=');
  if (text.starts_with('#') || text.starts_with(';') || equals == std::string_view::npos)
    return std::nullopt;
  return std::pair(model::sysctl_name(std::string(base::trimmed(text.substr(0, equals)))),
                   std::string(base::trimmed(text.substr(equals + 1))));
}

LaterSysctlSettings::LaterSysctlSettings(const fs::RootDir& files) {
  const std::string own_file = file_name_of(model::k_sysctl_file);
  for (const auto& [file, path] : settings_files(files, "sysctl.d")) {
    if (file <= own_file) continue;
    for (const std::string& line : base::split(files.find_content(path).value_or(""), '\n')) {
      if (auto setting = read_sysctl_line(line))
        last_[setting->first] = {std::move(setting->second), {path, line}};
    }
  }
}

std::optional<SettingLine> LaterSysctlSettings::find_other(const std::string& name,
                                                           const std::string& value) const {
  const auto found = last_.find(model::sysctl_name(name));
  if (found == last_.end() || found->second.value == value) return std::nullopt;
  return found->second.line;
}

} // namespace imagewright::finalize
