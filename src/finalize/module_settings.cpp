// SPDX-License-Identifier: MIT
#include "module_settings.hpp"

#include <array>
#include <map>
#include <string_view>
#include <vector>

#include <imagewright/base/text.hpp>
#include <imagewright/model/settings_files.hpp>

#include "reference_names.hpp"

namespace imagewright::finalize {

namespace {

/// Of files with one name the one in the first directory counts.
constexpr std::array<std::string_view, 3> k_directories{
    "/etc/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d"};

std::string name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

/// Path by name, in the order in which they are read.
std::map<std::string, std::string> settings_files(const fs::RootDir& files) {
  std::map<std::string, std::string> found;
  for (const std::string_view directory : k_directories) {
    for (const std::string& name : files.list(directory)) {
      const std::string path = std::string(directory) + "/" + name;
      if (!name.ends_with(".conf")) continue;
      const auto status = files.find_target_status(path);
      if (status && status->type == fs::FileType::regular) found.emplace(name, path);
    }
  }
  return found;
}

/// The first line for which `is_meant` holds; a backslash at its end joins it with the next.
template <typename IsMeant>
std::optional<ModuleSetting> find_line(const fs::RootDir& files, const std::string& path,
                                       IsMeant is_meant) {
  std::string whole;
  for (const std::string& line : base::split(files.find_content(path).value_or(""), '\n')) {
    whole += line;
    if (whole.ends_with('\\')) {
      whole.back() = ' ';
      continue;
    }
    if (is_meant(base::split_whitespace(whole))) return ModuleSetting{path, whole};
    whole.clear();
  }
  return std::nullopt;
}

/// "blacklist NAME", or "install NAME /bin/true", as hardening guides have it.
bool keeps_out(const std::vector<std::string>& words, const std::string& module) {
  if (words.size() < 2 || with_underscores(words[1]) != module) return false;
  if (words[0] == "blacklist") return true;
  if (words[0] != "install" || words.size() < 3) return false;
  const std::string program = name_of(words[2]);
  return program == "true" || program == "false";
}

bool sets_option(const std::vector<std::string>& words, const std::string& module,
                 const std::string& option) {
  if (words.size() < 3 || words[0] != "options" || with_underscores(words[1]) != module)
    return false;
  for (std::size_t index = 2; index < words.size(); ++index) {
    if (with_underscores(words[index].substr(0, words[index].find('='))) == option) return true;
  }
  return false;
}

} // namespace

std::optional<ModuleSetting> find_module_obstacle(const fs::RootDir& files,
                                                  const std::string& module) {
  const std::string name = with_underscores(module);
  for (const auto& [file, path] : settings_files(files)) {
    auto found = find_line(
        files, path, [&](const std::vector<std::string>& words) { return keeps_out(words, name); });
    if (found) return found;
  }
  return std::nullopt;
}

std::optional<ModuleSetting> find_later_option(const fs::RootDir& files, const std::string& module,
                                               const std::string& option) {
  const std::string name = with_underscores(module);
  const std::string wanted = with_underscores(option);
  const auto known = settings_files(files);
  for (auto file = known.upper_bound(name_of(model::k_module_options_file)); file != known.end();
       ++file) {
    auto found = find_line(files, file->second, [&](const std::vector<std::string>& words) {
      return sets_option(words, name, wanted);
    });
    if (found) return found;
  }
  return std::nullopt;
}

} // namespace imagewright::finalize
