// SPDX-License-Identifier: MIT
#include <string>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/settings_files.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<model::ModuleConfig>& modules;
};

using Lines = std::vector<std::string>;

Lines lines_of(const fs::RootDir& files, const char* path) {
  auto lines = base::split(files.find_content(path).value_or(""), '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

void store(const fs::RootDir& files, const char* path, const Lines& lines) {
  if (lines.empty() && !files.exists(path)) return;
  std::string text;
  for (const auto& line : lines)
    text += line + '\n';
  files.write(path, text, 0644);
}

/// Whether a line begins with these words.
bool starts_with_words(const std::string& line, const std::vector<std::string>& words) {
  const auto found = base::split_whitespace(line);
  return found.size() >= words.size() && std::equal(words.begin(), words.end(), found.begin());
}

Lines without(Lines lines, const std::vector<std::string>& words) {
  std::erase_if(lines, [&](const std::string& line) { return starts_with_words(line, words); });
  return lines;
}

void refuse_options_of_blocked(const model::ModuleConfig& module) {
  if (module.load_mode != model::ModuleLoadMode::disable || module.options.empty()) return;
  base::Diagnostic diagnostic{.code = "finalize.options-of-blocked-module",
                              .message = "module " + base::quoted(module.name.text) +
                                         " is disabled and has options",
                              .where = module.where,
                              .hint = "remove the options, or choose another loadMode"};
  throw base::Error(base::FailureKind::input, diagnostic);
}

StepYield configure_modules(const Input& input, root::WorkRoot& root) {
  if (input.modules.empty()) return {};
  const fs::RootDir& files = root.files();
  auto loaded = lines_of(files, model::k_loaded_modules_file);
  auto blocked = lines_of(files, model::k_blocked_modules_file);
  auto options = lines_of(files, model::k_module_options_file);
  for (const auto& module : input.modules) {
    refuse_options_of_blocked(module);
    if (module.load_mode != model::ModuleLoadMode::inherit) {
      loaded = without(std::move(loaded), {module.name.text});
      blocked = without(std::move(blocked), {"blacklist", module.name.text});
    }
    if (module.load_mode == model::ModuleLoadMode::always) loaded.push_back(module.name.text);
    if (module.load_mode == model::ModuleLoadMode::disable)
      blocked.push_back(model::block_line(module));
    if (!module.options.empty()) {
      options = without(std::move(options), {"options", module.name.text});
      options.push_back(model::option_line(module));
    }
  }
  store(files, model::k_loaded_modules_file, loaded);
  store(files, model::k_blocked_modules_file, blocked);
  store(files, model::k_module_options_file, options);
  return {};
}

} // namespace

constinit const Step kernel_modules{"kernel-modules", AppliesTo::both,
                                    k_run<configure_modules, &model::OsConfig::modules>};

} // namespace imagewright::finalize::steps
