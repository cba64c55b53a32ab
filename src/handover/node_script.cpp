// SPDX-License-Identifier: MIT
#include "handover/node_script.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/base64.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::handover {

namespace {

constexpr std::string_view k_head = "#!/usr/bin/env bash\n"
                                    "# Written by Imagewright from a config and its lock.\n"
                                    "set -euo pipefail\n"
                                    "umask 022\n";
constexpr mode_t k_usual_mode = 0644;
/// What goes through the service's interface as text.
constexpr base::ByteSize k_largest_file = base::ByteSize::mib(1);

class Script {
public:
  Script(const model::ImageConfig& config, const model::ArchitectureLock& lock,
         base::Diagnostics& left_out)
      : os_(config.os), lock_(lock), left_out_(left_out) {}

  std::string text() {
    packages();
    files();
    settings();
    services();
    return lines_.empty() ? std::string() : std::string(k_head) + lines_;
  }

private:
  void leave_out(const std::string& what, const base::SourceLocation& where,
                 const std::string& hint) {
    left_out_.warning("handover.no-place", what, where, hint);
  }

  void add(const std::string& line) { lines_ += line + '\n'; }

  /// NAME-VERSION-RELEASE.ARCHITECTURE of the wishes, as the lock has them.
  void append_pinned(const std::vector<model::PackageRequest>& wishes,
                     std::vector<std::string>& pinned) {
    for (const model::PackageRequest& wish : wishes) {
      const std::string name = base::split_whitespace(wish.spec).empty()
                                   ? wish.spec
                                   : base::split_whitespace(wish.spec).front();
      const auto found = std::ranges::find_if(
          lock_.packages, [&](const auto& package) { return package.nevra.name == name; });
      if (found == lock_.packages.end()) {
        leave_out(fmt::format("{}: the lock has no package of that name", base::quoted(wish.spec)),
                  wish.where, "ask for the package by its name");
        continue;
      }
      const model::Nevra& nevra = found->nevra;
      pinned.push_back(
          fmt::format("{}-{}-{}.{}", nevra.name, nevra.version, nevra.release, nevra.architecture));
    }
  }

  void packages() {
    const auto& wanted = os_.packages;
    if (!wanted.remove.empty()) {
      std::string names;
      for (const model::PackageRequest& package : wanted.remove)
        names += " " + base::shell_word(package.spec);
      add("tdnf remove -y" + names);
    }
    std::vector<std::string> pinned;
    append_pinned(wanted.install, pinned);
    append_pinned(wanted.update, pinned);
    std::ranges::sort(pinned);
    const auto repeated = std::ranges::unique(pinned);
    pinned.erase(repeated.begin(), repeated.end());
    if (pinned.empty()) return;
    std::string names;
    for (const std::string& package : pinned)
      names += " " + base::shell_word(package);
    const std::string time =
        wanted.snapshot_time ? fmt::format(" --snapshottime {}",
                                           wanted.snapshot_time->value.time_since_epoch().count())
                             : "";
    add(fmt::format("tdnf{} install -y{}", time, names));
  }

  void write(const std::string& path, const std::string& content, mode_t mode) {
    const std::string target = base::shell_word(path);
    const std::size_t slash = path.rfind('/');
    if (slash != std::string::npos && slash != 0)
      add("mkdir -p -- " + base::shell_word(path.substr(0, slash)));
    add(fmt::format("base64 -d > {} <<'END_OF_FILE'", target));
    const std::string encoded = base::to_base64(content);
    constexpr std::size_t k_width = 76;
    for (std::size_t at = 0; at < encoded.size(); at += k_width)
      add(encoded.substr(at, k_width));
    add("END_OF_FILE");
    add(fmt::format("chown 0:0 -- {}", target));
    add(fmt::format("chmod {:04o} -- {}", mode, target));
  }

  void files() {
    for (const model::AdditionalFile& file : os_.additional_files) {
      if (file.remote) {
        leave_out(fmt::format("{} is fetched from an address", base::quoted(file.destination)),
                  file.where, "give the content with the config");
        continue;
      }
      const auto* path = std::get_if<std::filesystem::path>(&file.content);
      write(file.destination,
            path != nullptr ? fs::read_file(*path, k_largest_file)
                            : std::get<std::string>(file.content),
            file.permissions.value_or(path != nullptr ? mode_of(*path) : k_usual_mode));
    }
    for (const model::UnitDropIn& drop_in : os_.services.drop_ins) {
      const auto* path = std::get_if<std::filesystem::path>(&drop_in.content);
      write(fmt::format("/etc/systemd/system/{}.d/{}", drop_in.unit, drop_in.name),
            path != nullptr ? fs::read_file(*path, k_largest_file)
                            : std::get<std::string>(drop_in.content),
            k_usual_mode);
    }
  }

  static mode_t mode_of(const std::filesystem::path& path) {
    return static_cast<mode_t>(std::filesystem::status(path).permissions()) & 07777U;
  }

  void settings() {
    std::string sysctl;
    for (const auto& [name, value] : os_.sysctl)
      sysctl += fmt::format("{} = {}\n", name, value.text);
    if (!sysctl.empty()) write("/etc/sysctl.d/90-imagewright.conf", sysctl, k_usual_mode);
    std::string loaded;
    std::string options;
    for (const model::ModuleConfig& module : os_.modules) {
      if (module.load_mode == model::ModuleLoadMode::always) loaded += module.name.text + "\n";
      if (module.load_mode == model::ModuleLoadMode::disable)
        options += fmt::format("blacklist {0}\ninstall {0} /bin/false\n", module.name.text);
      std::string words;
      for (const auto& [name, value] : module.options)
        words += fmt::format(" {}={}", name, value);
      if (!words.empty()) options += fmt::format("options {}{}\n", module.name.text, words);
    }
    if (!loaded.empty()) write("/etc/modules-load.d/imagewright.conf", loaded, k_usual_mode);
    if (!options.empty()) write("/etc/modprobe.d/imagewright.conf", options, k_usual_mode);
    if (os_.timezone) {
      add(fmt::format("ln -sfn -- {} /etc/localtime",
                      base::shell_word("../usr/share/zoneinfo/" + os_.timezone->text)));
    }
  }

  void services() {
    const std::pair<const char*, const std::vector<model::LocatedText>*> rows[] = {
        {"enable", &os_.services.enable},
        {"disable", &os_.services.disable},
        {"mask", &os_.services.mask}};
    for (const auto& [verb, units] : rows) {
      std::string names;
      for (const model::LocatedText& unit : *units)
        names += " " + base::shell_word(unit.text);
      if (!names.empty()) add(fmt::format("systemctl {}{}", verb, names));
    }
  }

  const model::OsConfig& os_;
  const model::ArchitectureLock& lock_;
  base::Diagnostics& left_out_;
  std::string lines_;
};

} // namespace

std::string node_script(const model::ImageConfig& config, const model::ArchitectureLock& lock,
                        base::Diagnostics& left_out) {
  return Script(config, lock, left_out).text();
}

} // namespace imagewright::handover
