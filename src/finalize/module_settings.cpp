// SPDX-License-Identifier: MIT
#include "module_settings.hpp"

#include <algorithm>
#include <vector>

#include <imagewright/base/text.hpp>
#include <imagewright/model/settings_files.hpp>

#include "file_name.hpp"

namespace imagewright::finalize {

namespace {

/// Those of one file; a backslash at the end of one joins it with the next.
void add_lines(const fs::RootDir& files, const std::string& path, std::vector<SettingLine>& lines) {
  std::string whole;
  for (const std::string& line : base::split(files.find_content(path).value_or(""), '\n')) {
    whole += line;
    if (whole.ends_with('\\')) {
      whole.back() = ' ';
      continue;
    }
    lines.push_back({path, whole});
    whole.clear();
  }
}

/// "blacklist NAME", or "install NAME /bin/true", as hardening guides have it.
bool keeps_out(const std::vector<std::string>& words, const std::string& module) {
  if (words.size() < 2 || model::with_underscores(words[1]) != module) return false;
  if (words[0] == "blacklist") return true;
  if (words[0] != "install" || words.size() < 3) return false;
  const std::string program = file_name_of(words[2]);
  return program == "true" || program == "false";
}

bool sets_option(const std::vector<std::string>& words, const std::string& module,
                 const std::string& option) {
  if (words.size() < 3 || words[0] != "options" || model::with_underscores(words[1]) != module)
    return false;
  for (std::size_t index = 2; index < words.size(); ++index) {
    if (model::with_underscores(words[index].substr(0, words[index].find('='))) == option)
      return true;
  }
  return false;
}

} // namespace

ModuleSettings::ModuleSettings(const fs::RootDir& files) {
  for (const auto& [name, path] : settings_files(files, "modprobe.d"))
    add_lines(files, path, lines_);
}

std::optional<SettingLine> ModuleSettings::find_obstacle(const std::string& module) const {
  const std::string name = model::with_underscores(module);
  const auto found = std::ranges::find_if(lines_, [&](const SettingLine& each) {
    return keeps_out(base::split_whitespace(each.line), name);
  });
  return found == lines_.end() ? std::nullopt : std::optional(*found);
}

std::optional<SettingLine> ModuleSettings::find_later_option(const std::string& module,
                                                             const std::string& option) const {
  const std::string name = model::with_underscores(module);
  const std::string wanted = model::with_underscores(option);
  const std::string own_file = file_name_of(model::k_module_options_file);
  const auto found = std::ranges::find_if(lines_, [&](const SettingLine& each) {
    return file_name_of(each.path) > own_file &&
           sets_option(base::split_whitespace(each.line), name, wanted);
  });
  return found == lines_.end() ? std::nullopt : std::optional(*found);
}

} // namespace imagewright::finalize
