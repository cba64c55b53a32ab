// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/settings_files.hpp>

#include "../reference_names.hpp"
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

/// Whether a line is about a module: "NAME", or "DIRECTIVE NAME …".
bool is_about(const std::string& line, const std::string& directive, const std::string& module) {
  const auto words = base::split_whitespace(line);
  const std::size_t at = directive.empty() ? 0 : 1;
  return words.size() > at && (directive.empty() || words[0] == directive) &&
         model::with_underscores(words[at]) == model::with_underscores(module);
}

bool has_line(const Lines& lines, const std::string& directive, const std::string& module) {
  return std::ranges::any_of(
      lines, [&](const std::string& line) { return is_about(line, directive, module); });
}

Lines without(Lines lines, const std::string& directive, const std::string& module) {
  std::erase_if(lines, [&](const std::string& line) { return is_about(line, directive, module); });
  return lines;
}

/// "a=1 b=\"x y\"" of "options NAME a=1 b=\"x y\"": a blank in quotes ends no word.
std::vector<std::string> option_words(const std::string& line) {
  std::vector<std::string> words;
  bool is_quoted = false;
  std::string word;
  for (const char letter : line + ' ') {
    if (letter == '"') is_quoted = !is_quoted;
    if ((letter == ' ' || letter == '\t') && !is_quoted) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += letter;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  words.erase(words.begin(), words.begin() + std::min<std::ptrdiff_t>(2, std::ssize(words)));
  return words;
}

/// What the file has for the module already stays, but for options that the config gives.
std::string merged_option_line(const Lines& lines, const model::ModuleConfig& module) {
  std::string kept;
  for (const std::string& line : lines) {
    if (!is_about(line, "options", module.name.text)) continue;
    for (const std::string& word : option_words(line)) {
      const std::string name = model::with_underscores(word.substr(0, word.find('=')));
      const bool is_given = std::ranges::any_of(module.options, [&](const auto& option) {
        return model::with_underscores(option.first) == name;
      });
      if (!is_given) kept += ' ' + word;
    }
  }
  return model::option_line(module) + kept;
}

void refuse_options_of_blocked(const model::ModuleConfig& module, const Lines& blocked) {
  if (module.options.empty()) return;
  const bool stays_blocked = module.load_mode == model::ModuleLoadMode::inherit &&
                             has_line(blocked, "blacklist", module.name.text);
  if (module.load_mode != model::ModuleLoadMode::disable && !stays_blocked) return;
  base::Diagnostic diagnostic{
      .code = "finalize.options-of-blocked-module",
      .message = "module " + base::quoted(module.name.text) +
                 (stays_blocked ? " is disabled in the base" : " is disabled") + " and has options",
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
    refuse_options_of_blocked(module, blocked);
    if (module.load_mode != model::ModuleLoadMode::inherit) {
      loaded = without(std::move(loaded), "", module.name.text);
      blocked = without(std::move(blocked), "blacklist", module.name.text);
    }
    if (module.load_mode == model::ModuleLoadMode::always) loaded.push_back(module.name.text);
    if (module.load_mode == model::ModuleLoadMode::disable)
      blocked.push_back(model::block_line(module));
    if (!module.options.empty()) {
      std::string line = merged_option_line(options, module);
      options = without(std::move(options), "options", module.name.text);
      options.push_back(std::move(line));
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
