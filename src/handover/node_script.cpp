// SPDX-License-Identifier: MIT
#include "handover/node_script.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/base64.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/model/settings_files.hpp>

namespace imagewright::handover {

namespace {

constexpr std::string_view k_head = "#!/usr/bin/env bash\n"
                                    "# Written by Imagewright from a config and its lock.\n"
                                    "set -euo pipefail\n"
                                    "umask 022\n";
constexpr mode_t k_usual_mode = 0644;
/// What goes through the service's interface as text.
constexpr base::ByteSize k_largest_file = base::ByteSize::mib(1);

/// A command with these as its last words.
std::string with_words(std::string command, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    command += " " + base::shell_word(word);
  return command;
}

class Script {
public:
  Script(const model::ImageConfig& config, const model::ArchitectureLock& lock,
         base::Diagnostics& left_out)
      : os_(config.os), lock_(lock), left_out_(left_out) {}

  std::string text() {
    packages();
    files();
    drop_ins();
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
    std::vector<std::string> removed;
    std::ranges::transform(wanted.remove, std::back_inserter(removed),
                           &model::PackageRequest::spec);
    if (!removed.empty()) add(with_words("tdnf remove -y", removed));
    std::vector<std::string> pinned;
    append_pinned(wanted.install, pinned);
    append_pinned(wanted.update, pinned);
    std::ranges::sort(pinned);
    pinned.erase(std::unique(pinned.begin(), pinned.end()), pinned.end());
    if (pinned.empty()) return;
    const std::string time =
        wanted.snapshot_time ? fmt::format(" --snapshottime {}",
                                           wanted.snapshot_time->value.time_since_epoch().count())
                             : "";
    add(with_words(fmt::format("tdnf{} install -y", time), pinned));
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
      if (file.unpacking) {
        leave_out(fmt::format("{} is unpacked from an archive", base::quoted(file.destination)),
                  file.where, "give its files with the config");
        continue;
      }
      const auto content = content_of(file.content, file.where);
      if (!content) continue;
      const auto* path = std::get_if<std::filesystem::path>(&file.content);
      write(file.destination, *content,
            file.permissions.value_or(path != nullptr ? mode_of(*path) : k_usual_mode));
    }
  }

  void drop_ins() {
    for (const model::UnitDropIn& drop_in : os_.services.drop_ins) {
      if (const auto content = content_of(drop_in.content, drop_in.where)) {
        write(fmt::format("/etc/systemd/system/{}.d/{}", drop_in.unit, drop_in.name), *content,
              k_usual_mode);
      }
    }
  }

  /// Nothing for what is too long, which is left out.
  std::optional<std::string> content_of(const model::FileContent& content,
                                        const base::SourceLocation& where) {
    const auto* path = std::get_if<std::filesystem::path>(&content);
    std::error_code unknown; // reading says what is wrong then
    const std::uint64_t size = path != nullptr ? std::filesystem::file_size(*path, unknown)
                                               : std::get<std::string>(content).size();
    if (!unknown && size > k_largest_file.bytes()) {
      leave_out(fmt::format("a file of {} bytes does not fit into a script", size), where,
                "let the node fetch it, or make it a package");
      return std::nullopt;
    }
    return path != nullptr ? fs::read_file(*path, k_largest_file) : std::get<std::string>(content);
  }

  static mode_t mode_of(const std::filesystem::path& path) {
    return static_cast<mode_t>(std::filesystem::status(path).permissions()) & 07777U;
  }

  void settings() {
    if (!os_.sysctl.empty())
      write(model::k_sysctl_file, model::sysctl_text(os_.sysctl), k_usual_mode);
    modules();
    if (os_.timezone) {
      add(fmt::format("ln -sfn -- {} /etc/localtime",
                      base::shell_word("../usr/share/zoneinfo/" + os_.timezone->text)));
    }
  }

  void modules() {
    std::string loaded;
    std::string blocked;
    std::string options;
    for (const model::ModuleConfig& module : os_.modules) {
      const auto& [name, load_mode, values, where] = module;
      if (load_mode == model::ModuleLoadMode::always) loaded += name.text + "\n";
      if (load_mode == model::ModuleLoadMode::disable) blocked += model::block_line(module) + "\n";
      if (load_mode == model::ModuleLoadMode::automatic) {
        leave_out(fmt::format("loadMode auto of the module {}: files of the node that load it or "
                              "forbid it are the platform's",
                              base::quoted(name.text)),
                  where, "say always or disable");
      }
      if (values.empty()) continue;
      if (load_mode == model::ModuleLoadMode::disable) {
        leave_out(fmt::format("module {} is disabled and has options", base::quoted(name.text)),
                  where, "remove the options, or choose another loadMode");
      } else {
        options += model::option_line(module) + "\n";
      }
    }
    if (!loaded.empty()) write(model::k_loaded_modules_file, loaded, k_usual_mode);
    if (!blocked.empty()) write(model::k_blocked_modules_file, blocked, k_usual_mode);
    if (!options.empty()) write(model::k_module_options_file, options, k_usual_mode);
  }

  void services() {
    // Names for all members, as in without_place: a new one does not compile.
    const auto& [enable, disable, mask, drop_ins_done] = os_.services;
    static_cast<void>(drop_ins_done);
    const std::pair<const char*, const std::vector<model::LocatedText>*> rows[] = {
        {"enable", &enable}, {"disable", &disable}, {"mask", &mask}};
    for (const auto& [verb, units] : rows) {
      std::vector<std::string> names;
      std::ranges::transform(*units, std::back_inserter(names), &model::LocatedText::text);
      if (!names.empty()) add(with_words(fmt::format("systemctl {}", verb), names));
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
