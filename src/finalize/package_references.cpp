// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/finalize/package_references.hpp>
#include <imagewright/model/settings_files.hpp>

#include "reference_names.hpp"
#include "units/name.hpp"

namespace imagewright::finalize {

namespace {

constexpr std::array<std::string_view, 3> k_unit_directories{
    "/etc/systemd/system/", "/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/"};
constexpr std::string_view k_zones = "/usr/share/zoneinfo/";
constexpr std::string_view k_modules = "/usr/lib/modules/";

/// Packages of a distribution whose /bin is a link say "/bin/sh" as well as "/usr/bin/sh".
std::string merged(const std::string& path) {
  for (const std::string_view directory : {"/bin/", "/sbin/", "/lib/", "/lib64/"}) {
    if (path.starts_with(directory)) return "/usr" + path;
  }
  return path;
}

class ReferenceCheck {
public:
  ReferenceCheck(const model::ImageConfig& config, const std::vector<std::string>& files)
      : config_(config) {
    for (const std::string& file : files)
      files_.insert(merged(file));
    for (const model::AdditionalFile& file : config.os.additional_files)
      files_.insert(merged(file.destination));
    note_units();
  }

  std::vector<MissingReference> check() {
    const model::OsConfig& os = config_.os;
    for (const auto* list : {&os.services.enable, &os.services.disable}) {
      for (const model::LocatedText& unit : *list)
        check_unit(unit);
    }
    for (const model::UserConfig& user : os.users)
      check_shell(user);
    if (os.timezone) check_timezone(*os.timezone);
    if (os.keymap) check_keymap(*os.keymap);
    if (os.locale) check_locale(*os.locale);
    for (const model::ModuleConfig& module : os.modules)
      check_module(module);
    return std::move(missing_);
  }

private:
  void note_units() {
    for (const std::string_view directory : k_unit_directories) {
      for (auto file = files_.lower_bound(std::string(directory));
           file != files_.end() && file->starts_with(directory); ++file) {
        std::string name = file->substr(directory.size());
        if (units::parse_unit_name(name)) units_.push_back(std::move(name));
      }
    }
  }

  MissingReference& report(std::string_view code, std::string message,
                           const base::SourceLocation& where, std::string hint) {
    return missing_.emplace_back(MissingReference{.warning = {.severity = base::Severity::warning,
                                                              .code = std::string(code),
                                                              .message = std::move(message),
                                                              .where = where,
                                                              .hint = std::move(hint)},
                                                  .paths = {}});
  }

  static std::string hint_for(const std::string& name, const std::vector<std::string>& names,
                              std::string_view otherwise) {
    const std::string near = base::did_you_mean(name, names);
    return near.empty() ? std::string(otherwise) : near;
  }

  void check_unit(const model::LocatedText& unit) {
    const std::string name = full_unit_name(unit.text);
    const auto parsed = units::parse_unit_name(name);
    const auto has = [&](const std::string& wanted) {
      return std::ranges::find(units_, wanted) != units_.end();
    };
    if (has(name) || (parsed && parsed->is_instance() && has(parsed->template_name()))) return;
    MissingReference& missing =
        report("finalize.unknown-unit",
               "no package of the image brings the unit " + base::quoted(name), unit.where,
               hint_for(name, units_,
                        "add the package that brings the unit to os.packages.install, or correct "
                        "the name"));
    std::vector<std::string> names{name};
    if (parsed && parsed->is_instance()) names.push_back(parsed->template_name());
    for (const std::string& each : names) {
      for (const std::string_view directory : k_unit_directories)
        missing.paths.push_back(std::string(directory) + each);
      missing.paths.push_back("/lib/systemd/system/" + each);
    }
  }

  void check_shell(const model::UserConfig& user) {
    if (!user.startup_command || user.startup_command->text.empty()) return;
    const std::string& shell = user.startup_command->text;
    const std::string path = merged(shell);
    // /usr/sbin may be a link to /usr/bin.
    const std::string name = path.substr(path.rfind('/') + 1);
    if (files_.contains(path) ||
        (path.starts_with("/usr/sbin/") && files_.contains("/usr/bin/" + name)))
      return;
    std::vector<std::string> programs;
    for (const std::string_view directory : {"/usr/bin/", "/usr/sbin/"}) {
      for (const std::string_view each : {"bash", "sh", "dash", "zsh", "fish", "nologin"}) {
        if (files_.contains(std::string(directory).append(each)))
          programs.push_back(std::string(directory).append(each).substr(4));
      }
    }
    report("finalize.unknown-shell",
           "no package of the image brings the program " + base::quoted(shell) +
               ", with which the sessions of " + base::quoted(user.name) + " start",
           user.startup_command->where,
           "add the package that brings it to os.packages.install" +
               (programs.empty() ? "" : "; there are " + base::join(programs, ", ")))
        .paths = shell == path ? std::vector{path} : std::vector{shell, path};
  }

  void check_timezone(const model::LocatedText& zone) {
    if (files_.contains(std::string(k_zones) + zone.text)) return;
    std::vector<std::string> zones;
    for (auto file = files_.lower_bound(std::string(k_zones));
         file != files_.end() && file->starts_with(k_zones); ++file)
      zones.push_back(file->substr(k_zones.size()));
    report("finalize.unknown-timezone",
           "no package of the image brings the time zone " + base::quoted(zone.text), zone.where,
           hint_for(zone.text, zones,
                    "add the package with the time zone data (tzdata) to os.packages.install, or "
                    "correct os.timezone"))
        .paths = {std::string(k_zones) + zone.text};
  }

  void check_keymap(const model::LocatedText& keymap) {
    std::vector<std::string> keymaps;
    for (const std::string_view directory : k_keymap_directories) {
      for (auto file = files_.lower_bound(std::string(directory) + "/");
           file != files_.end() && file->starts_with(directory); ++file) {
        const std::string name = file->substr(file->rfind('/') + 1);
        for (const std::string_view ending : k_keymap_endings) {
          if (name.ends_with(ending))
            keymaps.push_back(name.substr(0, name.size() - ending.size()));
        }
      }
    }
    if (std::ranges::find(keymaps, keymap.text) != keymaps.end()) return;
    report("finalize.unknown-keymap",
           "no package of the image brings the keymap " + base::quoted(keymap.text), keymap.where,
           hint_for(keymap.text, keymaps,
                    "add the package with the keymaps (kbd) to os.packages.install, or remove "
                    "os.keymap"));
  }

  bool has_below(const std::string& directory) const {
    const auto file = files_.lower_bound(directory);
    return file != files_.end() && file->starts_with(directory);
  }

  void check_locale(const model::LocatedText& locale) {
    const std::string name = stored_locale(locale.text);
    const std::string directory(k_locale_directory);
    if (is_built_in_locale(name) || files_.contains(directory + "/locale-archive") ||
        has_below(directory + "/" + name + "/") || has_below(directory + "/" + locale.text + "/"))
      return;
    report("finalize.unknown-locale",
           "no package of the image brings the locale " + base::quoted(locale.text), locale.where,
           "add the package with its files to os.packages.install, or use C.UTF-8");
  }

  void check_module(const model::ModuleConfig& module) {
    const bool is_wanted =
        module.load_mode == model::ModuleLoadMode::always || !module.options.empty();
    if (!is_wanted) return;
    std::set<std::string> modules;
    for (auto file = files_.lower_bound(std::string(k_modules));
         file != files_.end() && file->starts_with(k_modules); ++file) {
      if (file->find(".ko", file->rfind('/')) != std::string::npos)
        modules.insert(module_of(*file));
    }
    const std::string name = model::with_underscores(module.name.text);
    // A list without modules is that of no kernel.
    if (modules.empty() || modules.contains(name)) return;
    report("finalize.unknown-module",
           "no package of the image brings the kernel module " + base::quoted(module.name.text) +
               ", unless it is a part of the kernel or an alias",
           module.name.where,
           hint_for(name, {modules.begin(), modules.end()},
                    "add the package that brings it to os.packages.install, or correct the name"));
  }

  const model::ImageConfig& config_;
  std::set<std::string> files_;
  std::vector<std::string> units_;
  std::vector<MissingReference> missing_;
};

} // namespace

std::vector<MissingReference> find_missing_references(const model::ImageConfig& config,
                                                      const std::vector<std::string>& files) {
  return ReferenceCheck(config, files).check();
}

} // namespace imagewright::finalize
