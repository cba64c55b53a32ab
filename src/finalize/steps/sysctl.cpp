// SPDX-License-Identifier: MIT
#include <set>
#include <string>

#include <imagewright/base/text.hpp>
#include <imagewright/model/settings_files.hpp>

#include "../steps.hpp"
#include "../sysctl_settings.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const decltype(model::OsConfig::sysctl)& settings;
};

/// What the file says of other parameters: who made the base has set them.
std::string other_lines(const std::string& text, const Input& input) {
  std::set<std::string> names;
  for (const auto& [name, value] : input.settings)
    names.insert(model::sysctl_name(name));
  std::string others;
  for (const std::string& line : base::split(text, '\n')) {
    const auto setting = read_sysctl_line(line);
    if (!line.empty() && !(setting && names.contains(setting->first))) others += line + '\n';
  }
  return others;
}

StepYield write_settings(const Input& input, root::WorkRoot& root) {
  if (input.settings.empty()) return {};
  const fs::RootDir& files = root.files();
  const std::string present = files.find_content(model::k_sysctl_file).value_or("");
  files.write(model::k_sysctl_file,
              other_lines(present, input) + model::sysctl_text(input.settings), 0644);
  return {};
}

} // namespace

constinit const Step sysctl{"sysctl", AppliesTo::both,
                            k_run<write_settings, &model::OsConfig::sysctl>};

} // namespace imagewright::finalize::steps
