// SPDX-License-Identifier: MIT
#include "config/merge.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include <imagewright/model/settings_files.hpp>

namespace imagewright::config {

namespace {

// Every function here names each member of both sides, so that a new member that nobody merges does
// not compile.

template <typename Item>
void append(std::vector<Item>& items, std::vector<Item>& more) {
  items = joined(std::move(items), std::move(more));
}

template <typename Value>
void replace(std::optional<Value>& value, std::optional<Value>& own) {
  if (own) value = std::move(own);
}

std::vector<model::Repository> merged_repositories(std::vector<model::Repository> base,
                                                   std::vector<model::Repository> own) {
  for (model::Repository& each : own) {
    const auto same = std::find_if(base.begin(), base.end(), [&](const model::Repository& other) {
      return other.name == each.name;
    });
    if (same == base.end()) {
      base.push_back(std::move(each));
    } else {
      *same = std::move(each);
    }
  }
  return base;
}

void overlay(model::PackagesConfig& base, model::PackagesConfig own) {
  auto& [install, remove, update, exclude, roles, update_existing, snapshot_time,
         remove_package_manager, recommends, documentation, languages, stored] = base;
  auto& [own_install, own_remove, own_update, own_exclude, own_roles, own_update_existing,
         own_snapshot_time, own_remove_package_manager, own_recommends, own_documentation,
         own_languages, own_stored] = own;
  append(install, own_install);
  append(remove, own_remove);
  append(update, own_update);
  append(exclude, own_exclude);
  append(roles, own_roles);
  replace(update_existing, own_update_existing);
  replace(snapshot_time, own_snapshot_time);
  replace(remove_package_manager, own_remove_package_manager);
  if (own_recommends == model::Inclusion::included) recommends = own_recommends;
  if (own_documentation == model::Inclusion::left_out) documentation = own_documentation;
  replace(languages, own_languages);
  append(stored, own_stored);
}

void overlay(model::IdentityConfig& base, model::IdentityConfig own) {
  auto& [variant_id, variant, image_id, image_version] = base;
  auto& [own_variant_id, own_variant, own_image_id, own_image_version] = own;
  replace(variant_id, own_variant_id);
  replace(variant, own_variant);
  replace(image_id, own_image_id);
  replace(image_version, own_image_version);
}

void overlay(model::KernelConfig& base, model::KernelConfig own) {
  auto& [package, series] = base;
  auto& [own_package, own_series] = own;
  replace(package, own_package);
  replace(series, own_series);
}

/// The same unit however it is written: "sshd" is "sshd.service".
std::string full_unit_name(const std::string& name) {
  return name.find('.') == std::string::npos ? name + ".service" : name;
}

void overlay(model::ServicesConfig& base, model::ServicesConfig own) {
  auto& [enable, disable, mask, drop_ins] = base;
  auto& [own_enable, own_disable, own_mask, own_drop_ins] = own;
  // A unit is in the state that the last file gives it.
  std::set<std::string> decided;
  for (const auto* names : {&own_enable, &own_disable, &own_mask}) {
    for (const model::LocatedText& unit : *names)
      decided.insert(full_unit_name(unit.text));
  }
  for (auto* names : {&enable, &disable, &mask}) {
    std::erase_if(*names, [&](const model::LocatedText& unit) {
      return decided.contains(full_unit_name(unit.text));
    });
  }
  append(enable, own_enable);
  append(disable, own_disable);
  append(mask, own_mask);
  append(drop_ins, own_drop_ins);
}

void overlay(model::ScriptletsConfig& base, model::ScriptletsConfig own) {
  auto& [allow_failure, timeout] = base;
  auto& [own_allow_failure, own_timeout] = own;
  append(allow_failure, own_allow_failure);
  replace(timeout, own_timeout);
}

void overlay(model::GroupConfig& base, model::GroupConfig own) {
  auto& [name, gid, where] = base;
  auto& [own_name, own_gid, own_where] = own;
  name = std::move(own_name);
  replace(gid, own_gid);
  where = std::move(own_where);
}

void overlay(model::UserConfig& base, model::UserConfig own) {
  auto& [name, uid, password, password_expires_days, ssh_public_key_files, ssh_public_keys,
         primary_group, secondary_groups, startup_command, home_directory, where] = base;
  auto& [own_name, own_uid, own_password, own_password_expires_days, own_ssh_public_key_files,
         own_ssh_public_keys, own_primary_group, own_secondary_groups, own_startup_command,
         own_home_directory, own_where] = own;
  name = std::move(own_name);
  replace(uid, own_uid);
  replace(password, own_password);
  replace(password_expires_days, own_password_expires_days);
  append(ssh_public_key_files, own_ssh_public_key_files);
  append(ssh_public_keys, own_ssh_public_keys);
  replace(primary_group, own_primary_group);
  append(secondary_groups, own_secondary_groups);
  replace(startup_command, own_startup_command);
  replace(home_directory, own_home_directory);
  where = std::move(own_where);
}

void overlay(model::ModuleConfig& base, model::ModuleConfig own) {
  auto& [name, load_mode, options, where] = base;
  auto& [own_name, own_load_mode, own_options, own_where] = own;
  name = std::move(own_name);
  if (own_load_mode != model::ModuleLoadMode::inherit) load_mode = own_load_mode;
  if (!own_options.empty()) options = std::move(own_options);
  // A module that is not loaded has no use for them.
  if (load_mode == model::ModuleLoadMode::disable) options.clear();
  where = std::move(own_where);
}

const std::string& name_of(const model::GroupConfig& group) {
  return group.name;
}
const std::string& name_of(const model::UserConfig& user) {
  return user.name;
}
std::string name_of(const model::ModuleConfig& module) {
  return model::with_underscores(module.name.text);
}

/// Items of a name that the base has too say more about the same thing.
template <typename Item>
void overlay_by_name(std::vector<Item>& items, std::vector<Item>& own) {
  const std::size_t base_count = items.size();
  for (Item& each : own) {
    const auto end = items.begin() + static_cast<std::ptrdiff_t>(base_count);
    const auto same = std::find_if(items.begin(), end, [&](const Item& other) {
      return !name_of(other).empty() && name_of(other) == name_of(each);
    });
    if (same == end) {
      items.push_back(std::move(each));
    } else {
      overlay(*same, std::move(each));
    }
  }
}

void overlay(model::OsConfig& base, model::OsConfig own) {
  auto& [is_present, hostname, locale, timezone, keymap, identity, packages, kernel, cgroup_version,
         fips_mode, selinux_mode, machine_id, kernel_command_line, removed_kernel_arguments,
         network, additional_files, additional_directories, edits, groups, users, services, modules,
         overlays, container_images, sysctl, scriptlets, bootloader_reset, boot_loader, uki_mode,
         image_history, where] = base;
  auto& [own_is_present, own_hostname, own_locale, own_timezone, own_keymap, own_identity,
         own_packages, own_kernel, own_cgroup_version, own_fips_mode, own_selinux_mode,
         own_machine_id, own_kernel_command_line, own_removed_kernel_arguments, own_network,
         own_additional_files, own_additional_directories, own_edits, own_groups, own_users,
         own_services, own_modules, own_overlays, own_container_images, own_sysctl, own_scriptlets,
         own_bootloader_reset, own_boot_loader, own_uki_mode, own_image_history, own_where] = own;
  if (!own_is_present) return;
  is_present = true;
  replace(hostname, own_hostname);
  replace(locale, own_locale);
  replace(timezone, own_timezone);
  replace(keymap, own_keymap);
  overlay(identity, std::move(own_identity));
  overlay(packages, std::move(own_packages));
  overlay(kernel, std::move(own_kernel));
  replace(cgroup_version, own_cgroup_version);
  replace(fips_mode, own_fips_mode);
  replace(selinux_mode, own_selinux_mode);
  replace(machine_id, own_machine_id);
  append(kernel_command_line, own_kernel_command_line);
  append(removed_kernel_arguments, own_removed_kernel_arguments);
  replace(network, own_network);
  append(additional_files, own_additional_files);
  append(additional_directories, own_additional_directories);
  append(edits, own_edits);
  overlay_by_name(groups, own_groups);
  overlay_by_name(users, own_users);
  overlay(services, std::move(own_services));
  overlay_by_name(modules, own_modules);
  append(overlays, own_overlays);
  append(container_images, own_container_images);
  for (auto& [key, value] : own_sysctl) {
    const std::string name = model::sysctl_name(key);
    std::erase_if(sysctl, [&](const auto& each) { return model::sysctl_name(each.first) == name; });
    sysctl[key] = std::move(value);
  }
  overlay(scriptlets, std::move(own_scriptlets));
  replace(bootloader_reset, own_bootloader_reset);
  replace(boot_loader, own_boot_loader);
  replace(uki_mode, own_uki_mode);
  replace(image_history, own_image_history);
  where = std::move(own_where);
}

void overlay(model::LiveMediumConfig& base, model::LiveMediumConfig own) {
  auto& [kernel_command_line, additional_files, initramfs, kdump_boot_files, bootstrap_base_url,
         bootstrap_file_url, where] = base;
  auto& [own_kernel_command_line, own_additional_files, own_initramfs, own_kdump_boot_files,
         own_bootstrap_base_url, own_bootstrap_file_url, own_where] = own;
  append(kernel_command_line, own_kernel_command_line);
  append(additional_files, own_additional_files);
  replace(initramfs, own_initramfs);
  replace(kdump_boot_files, own_kdump_boot_files);
  // They exclude each other.
  if (own_bootstrap_base_url) bootstrap_file_url.reset();
  if (own_bootstrap_file_url) bootstrap_base_url.reset();
  replace(bootstrap_base_url, own_bootstrap_base_url);
  replace(bootstrap_file_url, own_bootstrap_file_url);
  where = std::move(own_where);
}

void overlay(model::OutputArtifacts& base, model::OutputArtifacts own) {
  auto& [items, path, where] = base;
  auto& [own_items, own_path, own_where] = own;
  for (const model::OutputArtifactItem item : own_items) {
    if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
  }
  if (!own_path.empty()) path = std::move(own_path);
  where = std::move(own_where);
}

/// A section that either file may have.
template <typename Section>
void overlay(std::optional<Section>& base, std::optional<Section> own) {
  if (base && own) {
    overlay(*base, std::move(*own));
  } else {
    replace(base, own);
  }
}

void overlay(model::OutputConfig& base, model::OutputConfig own) {
  auto& [name, images, image_path, cosi_compression_level, artifacts, selinux_policy_path,
         script_files] = base;
  auto& [own_name, own_images, own_image_path, own_cosi_compression_level, own_artifacts,
         own_selinux_policy_path, own_script_files] = own;
  replace(name, own_name);
  if (!own_images.empty()) images = std::move(own_images);
  replace(image_path, own_image_path);
  replace(cosi_compression_level, own_cosi_compression_level);
  overlay(artifacts, std::move(own_artifacts));
  replace(selinux_policy_path, own_selinux_policy_path);
  append(script_files, own_script_files);
}

void overlay(model::ScriptsConfig& base, model::ScriptsConfig own) {
  auto& [post_customization, finalize_customization, network] = base;
  auto& [own_post_customization, own_finalize_customization, own_network] = own;
  append(post_customization, own_post_customization);
  append(finalize_customization, own_finalize_customization);
  if (own_network == model::ScriptNetwork::host) network = own_network;
}

/// An empty section counts for nothing.
bool says_something(const model::StorageConfig& storage) {
  model::StorageConfig bare;
  bare.where = storage.where;
  return storage != bare;
}

/// Only one of two configs describes the disk (check_mergeable); a word about identifiers may
/// stand in the other.
void overlay(model::StorageConfig& base, model::StorageConfig own) {
  std::optional<base::SourceLocation> reset = std::move(base.reset_partition_uuids);
  replace(reset, own.reset_partition_uuids);
  if (says_something(own) || !says_something(base)) base = std::move(own);
  base.reset_partition_uuids = std::move(reset);
}

} // namespace

base::Diagnostics check_mergeable(const model::ImageConfig& base, const model::ImageConfig& own) {
  base::Diagnostics diagnostics;
  if (says_something(base.storage) && says_something(own.storage)) {
    // The older place of resetPartitionsUuidsType stands outside of the section.
    const auto place = [](const model::StorageConfig& storage) {
      return storage.where.line != 0 || !storage.reset_partition_uuids
                 ? storage.where
                 : *storage.reset_partition_uuids;
    };
    diagnostics.add({.code = "config.conflict",
                     .message = "storage is described in two configs that build on each other",
                     .where = place(own.storage),
                     .related = {{place(base.storage), "and here"}},
                     .hint = "keep it in one of them"});
  }
  return diagnostics;
}

model::ImageConfig merged(model::ImageConfig base, model::ImageConfig own) {
  auto& [path, directory, name, release, architectures, repositories, input, storage, os, iso, pxe,
         scripts, preview_features, output, checks, files] = base;
  auto& [own_path, own_directory, own_name, own_release, own_architectures, own_repositories,
         own_input, own_storage, own_os, own_iso, own_pxe, own_scripts, own_preview_features,
         own_output, own_checks, own_files] = own;
  path = std::move(own_path);
  directory = std::move(own_directory);
  name = std::move(own_name);
  replace(release, own_release);
  if (!own_architectures.empty()) architectures = std::move(own_architectures);
  repositories = merged_repositories(std::move(repositories), std::move(own_repositories));
  if (own_input.is_given()) input = std::move(own_input);
  overlay(storage, std::move(own_storage));
  overlay(os, std::move(own_os));
  overlay(iso, std::move(own_iso));
  overlay(pxe, std::move(own_pxe));
  overlay(scripts, std::move(own_scripts));
  append(preview_features, own_preview_features);
  overlay(output, std::move(own_output));
  append(checks, own_checks);
  files = std::move(own_files);
  return base;
}

} // namespace imagewright::config
