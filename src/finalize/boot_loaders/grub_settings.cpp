// SPDX-License-Identifier: MIT
#include "grub_settings.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>

namespace imagewright::finalize::boot_loaders {

namespace {

constexpr std::string_view k_settings = "/etc/default/grub";
constexpr std::string_view k_directory = "/etc/default/grub.d";
/// In the order in which the menu has them.
constexpr std::array<std::string_view, 2> k_variables{"GRUB_CMDLINE_LINUX",
                                                      "GRUB_CMDLINE_LINUX_DEFAULT"};

[[noreturn]] void refuse(const std::string& path, std::string_view line) {
  throw base::Error(base::FailureKind::build, "finalize.grub-setting",
                    fmt::format("{} sets kernel arguments in a way that is not understood: {}",
                                base::quoted(path), base::quoted(line)),
                    "the first boot would not have what later ones have: add the arguments to "
                    "os.kernelCommandLine.extraCommandLine, and leave the package or the file out");
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// "NAME=VALUE" or "NAME+=VALUE" of one of the variables; the value may hold itself and the other.
void evaluate(std::map<std::string, std::string>& values, const std::string& path,
              std::string_view line) {
  std::string_view rest = line;
  if (rest.starts_with("export ")) rest = base::trimmed(rest.substr(7));
  const std::size_t equals = rest.find('=');
  const bool appends = equals != std::string_view::npos && equals > 0 && rest[equals - 1] == '+';
  const std::string name(rest.substr(0, equals - (appends ? 1 : 0)));
  if (equals == std::string_view::npos ||
      std::ranges::find(k_variables, std::string_view(name)) == k_variables.end())
    refuse(path, line);
  auto value = base::find_value("X" + std::string(rest.substr(equals)), "X");
  if (!value || value->find_first_of("`") != std::string::npos ||
      value->find("$(") != std::string::npos)
    refuse(path, line);
  // The longer name first, since the other one is its beginning.
  for (auto variable = k_variables.rbegin(); variable != k_variables.rend(); ++variable) {
    const std::string known(*variable);
    replace_all(*value, "${" + known + "}", values[known]);
    replace_all(*value, "$" + known, values[known]);
  }
  values[name] = appends ? values[name] + *value : *value;
}

} // namespace

std::vector<std::string> packaged_kernel_arguments(const fs::RootDir& files) {
  std::vector<std::string> arguments;
  const auto settings = files.find_content(k_settings);
  const bool reads_directory =
      settings && settings->find(std::string(k_directory) + "/") != std::string::npos;
  if (!reads_directory || !files.exists(k_directory)) return arguments;
  std::vector<std::string> names = files.list(k_directory);
  std::ranges::sort(names);
  std::map<std::string, std::string> values;
  for (const std::string& name : names) {
    if (!name.ends_with(".cfg")) continue;
    const std::string path = std::string(k_directory) + "/" + name;
    for (const std::string& line : base::split(files.read(path), '\n')) {
      const std::string_view trimmed = base::trimmed(line);
      const bool is_about_it =
          !trimmed.starts_with('#') && trimmed.find(k_variables.front()) != std::string_view::npos;
      if (is_about_it) evaluate(values, path, trimmed);
    }
  }
  for (const std::string_view variable : k_variables) {
    for (std::string& word : model::kernel_words(values[std::string(variable)])) {
      // A variable of GRUB's, which is empty in the first menu.
      if (word.find('$') == std::string::npos) arguments.push_back(std::move(word));
    }
  }
  return arguments;
}

} // namespace imagewright::finalize::boot_loaders
