// SPDX-License-Identifier: MIT
// What the config names must be in the root when everything that could bring it has run: a shell, a
// locale, a keymap or a module that is not there is found out on the node otherwise.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/model/settings_files.hpp>

#include "../module_settings.hpp"
#include "../reference_names.hpp"
#include "../steps.hpp"
#include "../sysctl_settings.hpp"
#include "../units/catalogue.hpp"
#include "../units/name.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const RootOrigin& origin;
  const std::vector<model::UserConfig>& users;
  const model::ServicesConfig& services;
  const std::optional<model::LocatedText>& locale;
  const std::optional<model::LocatedText>& keymap;
  const std::vector<model::ModuleConfig>& modules;
  const decltype(model::OsConfig::sysctl)& sysctl;
  const std::vector<model::InstalledKernel>& kernels;
};

// The string table of a locale archive stands before the data.
constexpr std::uint64_t k_searched_of_archive = std::uint64_t{4} << 20U;

[[noreturn]] void refuse(std::string_view code, std::string message,
                         const base::SourceLocation& where, std::string hint) {
  throw base::Error(base::FailureKind::input, {.code = std::string(code),
                                               .message = std::move(message),
                                               .where = where,
                                               .hint = std::move(hint)});
}

bool is_directory(const fs::RootDir& files, const std::string& path) {
  const auto status = files.find_status(path);
  return status && status->type == fs::FileType::directory;
}

void check_shell(const fs::RootDir& files, const model::UserConfig& user) {
  if (!user.startup_command || user.startup_command->text.empty()) return;
  const std::string& shell = user.startup_command->text;
  const auto status = files.find_target_status(shell);
  if (status && status->type == fs::FileType::regular && (status->permissions & 0111U) != 0) return;
  refuse("finalize.unknown-shell",
         "the image has no program " + base::quoted(shell) + ", with which the sessions of " +
             base::quoted(user.name) + " start",
         user.startup_command->where,
         "install the package that brings it, or correct startupCommand");
}

bool archive_has(const fs::RootDir& files, const std::string& name) {
  const std::string path = std::string(k_locale_directory) + "/locale-archive";
  const auto status = files.find_target_status(path);
  if (!status || status->type != fs::FileType::regular) return false;
  const fs::UniqueFd archive = files.open_file(path);
  base::Bytes start(std::min(status->size, k_searched_of_archive));
  fs::read_exactly(archive.get(), start, 0, path);
  return base::as_text(start).find('\0' + name + '\0') != std::string_view::npos;
}

void check_locale(const fs::RootDir& files, const model::LocatedText& locale) {
  const std::string name = stored_locale(locale.text);
  if (is_built_in_locale(name)) return;
  for (const auto& each : {name, locale.text}) {
    if (is_directory(files, std::string(k_locale_directory) + "/" + each)) return;
  }
  if (archive_has(files, name)) return;
  refuse("finalize.unknown-locale", "the image has no locale " + base::quoted(locale.text),
         locale.where, "install the package with its files, or use C.UTF-8");
}

bool has_keymap(const fs::RootDir& files, const std::string& directory, const std::string& name) {
  return std::ranges::any_of(files.list(directory), [&](const std::string& each) {
    if (is_directory(files, directory + "/" + each))
      return has_keymap(files, directory + "/" + each, name);
    return std::ranges::any_of(k_keymap_endings, [&](std::string_view ending) {
      return each.size() == name.size() + ending.size() && each.starts_with(name) &&
             each.ends_with(ending);
    });
  });
}

void check_keymap(const fs::RootDir& files, const model::LocatedText& keymap) {
  for (const std::string_view each : k_keymap_directories) {
    const std::string directory(each);
    if (is_directory(files, directory) && has_keymap(files, directory, keymap.text)) return;
  }
  refuse("finalize.unknown-keymap", "the image has no keymap " + base::quoted(keymap.text),
         keymap.where, "install the package with the keymaps (kbd), or correct os.keymap");
}

/// By its name or one of its aliases, as a module or as a part of the kernel (modules.dep(5)).
bool has_module(const fs::RootDir& files, const std::string& release, const std::string& wanted) {
  const std::string directory = "/usr/lib/modules/" + release + "/";
  const std::string name = model::with_underscores(wanted);
  for (const auto* list : {"modules.dep", "modules.builtin"}) {
    for (const auto& line : base::split(files.find_content(directory + list).value_or(""), '\n')) {
      if (module_of(line.substr(0, line.find(':'))) == name) return true;
    }
  }
  for (const auto& line :
       base::split(files.find_content(directory + "modules.alias").value_or(""), '\n')) {
    const auto words = base::split_whitespace(line);
    if (words.size() == 3 && words[0] == "alias" &&
        base::matches_glob(name, model::with_underscores(words[1])))
      return true;
  }
  for (const auto& entry :
       base::split(files.find_content(directory + "modules.builtin.modinfo").value_or(""), '\0')) {
    const std::size_t equals = entry.find(".alias=");
    if (equals != std::string::npos && model::with_underscores(entry.substr(equals + 7)) == name)
      return true;
  }
  return false;
}

void check_module(const fs::RootDir& files, const std::vector<std::string>& releases,
                  const model::ModuleConfig& module) {
  const bool is_wanted =
      module.load_mode == model::ModuleLoadMode::always || !module.options.empty();
  if (!is_wanted || releases.empty()) return;
  const bool is_there = std::ranges::any_of(releases, [&](const std::string& release) {
    return has_module(files, release, module.name.text);
  });
  if (is_there) return;
  refuse("finalize.unknown-module",
         "no kernel of the image has a module " + base::quoted(module.name.text), module.where,
         "install the package that brings it, or correct the name");
}

std::string quoted(const SettingLine& setting) {
  return base::quoted(base::escape_controls(setting.line)) + " in " + base::quoted(setting.path);
}

/// Files that the config does not speak of, and that have the last word.
void warn_of_other_settings(const ModuleSettings& settings, const model::ModuleConfig& module,
                            StepYield& yield) {
  const bool is_wanted = module.load_mode == model::ModuleLoadMode::always ||
                         module.load_mode == model::ModuleLoadMode::automatic;
  const auto warn = [&](const std::string& message, const std::string& hint) {
    yield.warnings.push_back({.severity = base::Severity::warning,
                              .code = "finalize.other-module-setting",
                              .message = message,
                              .where = module.where,
                              .hint = hint});
  };
  if (const auto found = is_wanted ? settings.find_obstacle(module.name.text) : std::nullopt) {
    warn("the kernel module " + base::quoted(module.name.text) +
             " is not loaded at boot: " + quoted(*found) + " keeps it out",
         "remove the line with os.edits");
  }
  for (const auto& [option, value] : module.options) {
    const auto found = settings.find_later_option(module.name.text, option);
    if (!found) continue;
    warn("the option " + base::quoted(option) + " of the kernel module " +
             base::quoted(module.name.text) + " has no effect: " + quoted(*found) +
             " is read later",
         "remove the option there with os.edits");
  }
}

/// Units that files make are missed; others come from generators, or have drop-ins by the start of
/// their names.
void warn_of_unknown_units(const fs::RootDir& files, const Input& input, StepYield& yield) {
  const units::UnitCatalogue catalogue(files);
  for (const auto& drop_in : input.services.drop_ins) {
    const std::string name = full_unit_name(drop_in.unit);
    const auto unit = units::parse_unit_name(name);
    const bool is_of_a_file =
        unit && !unit->is_instance() && !unit->prefix.ends_with('-') &&
        (unit->suffix == ".service" || unit->suffix == ".socket" || unit->suffix == ".timer");
    const bool is_missing = is_of_a_file && !catalogue.find(name) &&
                            catalogue.absence_of(name) == units::UnitAbsence::missing;
    if (!is_missing) continue;
    yield.warnings.push_back({.severity = base::Severity::warning,
                              .code = "finalize.unknown-unit",
                              .message = "the image has no unit " + base::quoted(name) +
                                         ", which os.services.dropIns changes",
                              .where = drop_in.where,
                              .hint = "install the package that brings the unit, or correct the "
                                      "name"});
  }
}

void warn_of_later_sysctl(const fs::RootDir& files, const Input& input, StepYield& yield) {
  if (input.sysctl.empty()) return;
  const LaterSysctlSettings later(files);
  for (const auto& [name, value] : input.sysctl) {
    const auto found = later.find_other(name, value.text);
    if (!found) continue;
    yield.warnings.push_back({.severity = base::Severity::warning,
                              .code = "finalize.other-sysctl-setting",
                              .message = "the kernel parameter " + base::quoted(name) +
                                         " gets another value: " + quoted(*found) +
                                         " is read later",
                              .where = value.where,
                              .hint = "remove the line there with os.edits"});
  }
}

/// A base is somebody's work, and may be completed by somebody else: there it is said, no more.
template <typename Check>
void check_as(const RootOrigin& origin, StepYield& yield, Check check) {
  try {
    check();
  } catch (const base::Error& error) {
    const bool is_missing = error.diagnostic().code.starts_with("finalize.unknown-");
    if (origin != RootOrigin::base_image || !is_missing) throw;
    base::Diagnostic told = error.diagnostic();
    told.severity = base::Severity::warning;
    yield.warnings.push_back(std::move(told));
  }
}

/// Of a base nobody has looked for its kernels.
std::vector<std::string> kernel_releases(const Input& input, const fs::RootDir& files) {
  std::vector<std::string> releases;
  for (const auto& kernel : input.kernels)
    releases.push_back(kernel.release);
  if (!releases.empty() || input.origin != RootOrigin::base_image) return releases;
  for (const auto& release : files.list("/usr/lib/modules")) {
    if (files.exists("/usr/lib/modules/" + release + "/modules.dep")) releases.push_back(release);
  }
  return releases;
}

StepYield check_references(const Input& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  StepYield yield;
  for (const auto& user : input.users)
    check_as(input.origin, yield, [&] { check_shell(files, user); });
  if (input.locale) check_as(input.origin, yield, [&] { check_locale(files, *input.locale); });
  if (input.keymap) check_as(input.origin, yield, [&] { check_keymap(files, *input.keymap); });
  if (input.origin == RootOrigin::base_image) warn_of_unknown_units(files, input, yield);
  warn_of_later_sysctl(files, input, yield);
  if (input.modules.empty()) return yield;
  const auto releases = kernel_releases(input, files);
  const ModuleSettings settings(files);
  for (const auto& module : input.modules) {
    check_as(input.origin, yield, [&] { check_module(files, releases, module); });
    warn_of_other_settings(settings, module, yield);
  }
  return yield;
}

} // namespace

constinit const Step references{
    "references", AppliesTo::both,
    k_run<check_references, &FinalizePlan::origin, &model::OsConfig::users,
          &model::OsConfig::services, &model::OsConfig::locale, &model::OsConfig::keymap,
          &model::OsConfig::modules, &model::OsConfig::sysctl, &Findings::kernels>};

} // namespace imagewright::finalize::steps
