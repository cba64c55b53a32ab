// SPDX-License-Identifier: MIT
#include <array>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/shortened.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/installed_packages.hpp>
#include <imagewright/inspect/package_header.hpp>
#include <imagewright/inspect/sqlite_log.hpp>
#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "boot_entries.hpp"
#include "limits.hpp"
#include "package_database.hpp"
#include "unit_links.hpp"

namespace imagewright::inspect {

namespace {

/// The value of the last word KEY=VALUE on a kernel command line, which wins.
std::optional<std::string> argument(const std::string& command_line, std::string_view key) {
  std::optional<std::string> value;
  for (const std::string& word : model::kernel_words(command_line)) {
    auto parameter = model::kernel_parameter(word);
    if (parameter.value && model::is_same_parameter(parameter.name, key)) {
      value = std::move(parameter.value);
    }
  }
  return value;
}

std::string selinux_mode(const SystemView& view, const std::string& command_line) {
  const std::string text = view.read("/etc/selinux/config").value_or("");
  std::string mode = base::to_lower(base::find_value(text, "SELINUX").value_or(""));
  if (mode != "permissive" && mode != "enforcing") return "disabled";
  if (argument(command_line, "selinux") == "0") return "disabled";
  const auto enforcing = argument(command_line, "enforcing");
  if (enforcing == "0") return "permissive";
  if (enforcing == "1") return "enforcing";
  return mode;
}

/// systemd(1): a false value mounts the older hierarchies; the unified one is the default.
std::string cgroup_version(const std::string& command_line) {
  const auto value = argument(command_line, "systemd.unified_cgroup_hierarchy");
  const bool is_off = value == "0" || value == "no" || value == "false" || value == "off";
  return is_off ? "1" : "2";
}

std::vector<std::string> kernel_releases(const SystemView& view) {
  std::vector<std::string> releases;
  for (const char* directory : {"/usr/lib/modules", "/lib/modules"}) {
    for (const std::string& name : view.list(directory)) {
      if (view.find(fmt::format("{}/{}/modules.dep", directory, name))) releases.push_back(name);
    }
    if (!releases.empty()) break;
  }
  return releases;
}

/// Databases of the kinds that rpm had before, which are not read here.
struct OtherDatabase {
  const char* path;
  const char* kind;
};
constexpr std::array k_other_databases = {
    OtherDatabase{"/var/lib/rpm/Packages", "a Berkeley DB database"},
    OtherDatabase{"/var/lib/rpm/Packages.db", "an ndb database"},
    OtherDatabase{"/usr/lib/sysimage/rpm/Packages", "a Berkeley DB database"},
    OtherDatabase{"/usr/lib/sysimage/rpm/Packages.db", "an ndb database"}};

/// The file of the package database with its log applied, or why there is none.
struct DatabaseFile {
  std::string path;
  std::optional<std::string> content;
  std::string complaint; ///< empty as well: the image has no database
};

DatabaseFile database_file(const SystemView& view) {
  for (const std::string& path : package_database_paths()) {
    auto file = view.read(path, k_largest_database);
    if (!file) continue;
    if (is_hot_journal(view.read(path + "-journal", k_largest_database).value_or("")))
      return {path, {}, path + " was being changed: its rollback journal is still there"};
    apply_write_ahead_log(*file, view.read(path + "-wal", k_largest_database).value_or(""));
    return {path, std::move(file), {}};
  }
  for (const auto& [path, kind] : k_other_databases) {
    if (view.find(path))
      return {path, {}, fmt::format("{} is {}, which is not read here", path, kind)};
  }
  return {};
}

std::string no_database(const std::string& path) {
  return path + " is no database of packages";
}

void read_packages(const SystemView& view, SystemFacts& facts) {
  const DatabaseFile file = database_file(view);
  facts.packages_complaint = file.complaint;
  if (!file.content) return;
  facts.packages = read_package_database(*file.content);
  facts.source_packages = read_source_packages(*file.content);
  if (!facts.packages) facts.packages_complaint = no_database(file.path);
}

} // namespace

std::vector<model::InstalledPackage> read_installed_packages(const OpenedImage& image) {
  const DatabaseFile file = database_file(SystemView(image));
  if (file.content) {
    if (auto packages = read_installed_database(*file.content)) return *packages;
  }
  const std::string reason = file.content             ? no_database(file.path)
                             : file.complaint.empty() ? "it has no database of RPM packages"
                                                      : file.complaint;
  throw base::Error(base::FailureKind::input, "inspect.no-packages",
                    fmt::format("the packages of {} cannot be told: {}",
                                base::quoted(image.path().string()), reason),
                    "leave its packages as they are, or compose the image anew");
}

std::string SystemFacts::kernel_command_line() const {
  return boot_entries.empty() ? std::string() : boot_entries.front().command_line;
}

SystemFacts read_system(const OpenedImage& image) {
  if (image.root() == nullptr) {
    throw base::Error(base::FailureKind::input, "inspect.no-system",
                      fmt::format("no filesystem of {} holds an operating system",
                                  base::quoted(image.path().string())),
                      "give a disk image of a whole system");
  }
  const SystemView view(image);
  SystemFacts facts;
  const std::string release =
      view.read("/etc/os-release").value_or(view.read("/usr/lib/os-release").value_or(""));
  facts.operating_system =
      base::shortened(base::find_value(release, "PRETTY_NAME").value_or(""), k_longest_name);
  facts.host_name =
      base::shortened(base::trimmed(view.read("/etc/hostname").value_or("")), k_longest_name);
  facts.kernels = kernel_releases(view);
  facts.efi_programs = find_efi_programs(view);
  facts.boot_entries = read_boot_entries(view);
  const std::string command_line = facts.kernel_command_line();
  facts.selinux_mode = selinux_mode(view, command_line);
  const std::string selinux = view.read("/etc/selinux/config").value_or("");
  facts.selinux_policy = base::find_value(selinux, "SELINUXTYPE").value_or("");
  facts.cgroup_version = cgroup_version(command_line);
  facts.is_fips = argument(command_line, "fips") == "1";
  UnitLinks units = read_unit_links(view);
  facts.default_target = std::move(units.default_target);
  facts.enabled_units = std::move(units.enabled);
  facts.masked_units = std::move(units.masked);
  read_packages(view, facts);
  return facts;
}

} // namespace imagewright::inspect
