// SPDX-License-Identifier: MIT
#include "handover/without_place.hpp"

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace imagewright::handover {

namespace {

constexpr const char* k_platform = "the platform makes the node's disk and its boot chain";
constexpr const char* k_system = "the platform decides it for its nodes";
constexpr const char* k_accounts = "accounts and keys of nodes are the platform's";
constexpr const char* k_packages = "what is on the node beforehand is the platform's";

class Collector {
public:
  void add(const char* setting, const char* why, const base::SourceLocation& where) {
    found_.warning("handover.no-place", fmt::format("{} cannot be said to AKS: {}", setting, why),
                   where, "take it out of this config, or leave it out with --allow-partial");
  }
  template <typename Value>
  void add(const char* setting, const char* why, const std::optional<Value>& value) {
    if (!value) return;
    if constexpr (requires { value->where; }) {
      add(setting, why, value->where);
    } else {
      add(setting, why, *value);
    }
  }
  template <typename Value>
  void add(const char* setting, const char* why, const std::vector<Value>& values) {
    if (!values.empty()) add(setting, why, values.front().where);
  }
  base::Diagnostics take() && { return std::move(found_); }

private:
  base::Diagnostics found_;
};

void add_packages(const model::OsConfig& os, Collector& collector) {
  // Every member has a name here and below, so that a new one does not compile until somebody has
  // thought of it.
  const auto& [install, remove, update, exclude, roles, update_existing, snapshot_time,
               remove_package_manager, recommends, documentation, languages, stored] = os.packages;
  static_cast<void>(install);
  static_cast<void>(remove);
  static_cast<void>(update);
  static_cast<void>(snapshot_time);
  collector.add("os.packages.exclude", k_packages, exclude);
  collector.add("os.packages.roles", k_packages, roles);
  collector.add("os.packages.updateExistingPackages", k_packages, update_existing);
  collector.add("os.packages.removePackageManager", k_packages, remove_package_manager);
  if (recommends != model::Inclusion::left_out)
    collector.add("os.packages.recommends", k_packages, os.where);
  if (documentation != model::Inclusion::included)
    collector.add("os.packages.docs", k_packages, os.where);
  if (!stored.empty())
    collector.add("os.packages.stored", k_packages, stored.front().directory.where);
  if (languages) collector.add("os.packages.languages", k_packages, os.where);
}

void add_system(const model::OsConfig& os, Collector& collector) {
  const auto& [is_present, hostname, locale, timezone, keymap, identity, packages, kernel,
               cgroup_version, fips_mode, selinux_mode, machine_id, kernel_command_line,
               removed_arguments, network, files, directories, edits, groups, users, services,
               modules, overlays, container_images, sysctl, scriptlets, bootloader_reset,
               boot_loader, uki_mode, image_history, where] = os;
  // What a script does (node_script), and what says nothing about the node.
  static_cast<void>(is_present);
  static_cast<void>(timezone);
  static_cast<void>(files);
  static_cast<void>(services);
  static_cast<void>(modules);
  static_cast<void>(container_images);
  static_cast<void>(sysctl);
  static_cast<void>(image_history);
  static_cast<void>(where);
  static_cast<void>(packages);
  add_packages(os, collector);
  const auto& [allow_failure, timeout] = scriptlets;
  collector.add("os.scriptlets.allowFailure", k_packages, allow_failure);
  collector.add("os.scriptlets.timeout", k_packages, timeout);
  collector.add("os.hostname", k_system, hostname);
  collector.add("os.locale", k_system, locale);
  collector.add("os.keymap", k_system, keymap);
  for (const auto& name :
       {identity.variant_id, identity.variant, identity.image_id, identity.image_version})
    collector.add("os.identity", k_system, name);
  collector.add("os.kernel.package", k_platform, kernel.package);
  collector.add("os.kernel.series", k_platform, kernel.series);
  collector.add("os.cgroup", k_system, cgroup_version);
  collector.add("os.fips", k_system, fips_mode);
  collector.add("os.selinux.mode", k_platform, selinux_mode);
  collector.add("os.machineId", k_system, machine_id);
  collector.add("os.kernelCommandLine", k_platform, kernel_command_line);
  collector.add("os.kernelCommandLine", k_platform, removed_arguments);
  collector.add("os.network", k_system, network);
  collector.add("os.additionalDirs", "trees of files do not fit into a script", directories);
  collector.add("os.edits", "what the node's files are like is the platform's", edits);
  collector.add("os.groups", k_accounts, groups);
  collector.add("os.users", k_accounts, users);
  collector.add("os.overlays", k_platform, overlays);
  collector.add("os.bootloader", k_platform, bootloader_reset);
  collector.add("os.bootloader", k_platform, boot_loader);
  collector.add("os.uki", k_platform, uki_mode);
}

void add_storage(const model::StorageConfig& storage, Collector& collector) {
  const auto& [boot_type, reset_partition_uuids, reinitialize_verity, disk, filesystems, verity,
               grow, fits_content, free_space, where] = storage;
  collector.add("storage.bootType", k_platform, boot_type);
  collector.add("storage.resetPartitionsUuidsType", k_platform, reset_partition_uuids);
  collector.add("storage.reinitializeVerity", k_platform, reinitialize_verity);
  collector.add("storage.disks", k_platform, disk);
  collector.add("storage.filesystems", k_platform, filesystems);
  collector.add("storage.verity", k_platform, verity);
  collector.add("storage.grow", k_platform, grow);
  if (fits_content) collector.add("storage.autoSize", k_platform, where);
  if (free_space.bytes() != 0) collector.add("storage.freeSpace", k_platform, where);
}

void add_scripts(const model::ScriptsConfig& scripts, Collector& collector) {
  constexpr const char* k_why = "a script of the config expects the files beside it";
  const auto& [post_customization, finalize_customization, network] = scripts;
  static_cast<void>(network); // of scripts that are left out
  collector.add("scripts.postCustomization", k_why, post_customization);
  collector.add("scripts.finalizeCustomization", k_why, finalize_customization);
}

} // namespace

base::Diagnostics without_place(const model::ImageConfig& config) {
  const auto& [path, directory, name, release, architectures, repositories, input, storage, os, iso,
               pxe, scripts, preview_features, output, checks, files] = config;
  // What says nothing about the node; what it is of, the lock and --arch say.
  static_cast<void>(path);
  static_cast<void>(directory);
  static_cast<void>(name);
  static_cast<void>(release);
  static_cast<void>(architectures);
  static_cast<void>(preview_features);
  static_cast<void>(output);
  static_cast<void>(files);
  Collector collector;
  add_system(os, collector);
  add_storage(storage, collector);
  add_scripts(scripts, collector);
  collector.add("repositories", "nodes take packages from the platform's own repositories",
                repositories);
  const auto& [image, oci, azure_linux] = input;
  collector.add("input.image", k_platform, image);
  collector.add("input.image.oci", k_platform, oci);
  collector.add("input.image.azureLinux", k_platform, azure_linux);
  collector.add("iso", k_platform, iso);
  collector.add("pxe", k_platform, pxe);
  collector.add("checks", "nobody runs them on the platform's images", checks);
  return std::move(collector).take();
}

} // namespace imagewright::handover
