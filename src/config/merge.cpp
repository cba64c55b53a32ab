// SPDX-License-Identifier: MIT
#include "config/merge.hpp"

#include <algorithm>
#include <optional>

namespace imagewright::config {

namespace {

template <typename Value>
std::optional<Value> latest(std::optional<Value> base, std::optional<Value> own) {
  return own ? std::move(own) : std::move(base);
}

/// One switch that either file may set.
std::optional<base::SourceLocation> either(std::optional<base::SourceLocation> base,
                                           std::optional<base::SourceLocation> own) {
  return own ? std::move(own) : std::move(base);
}

template <typename Value>
std::map<std::string, Value> overlaid(std::map<std::string, Value> base,
                                      std::map<std::string, Value> own) {
  for (auto& [key, value] : own)
    base[key] = std::move(value);
  return base;
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

model::PackagesConfig merged(model::PackagesConfig base, model::PackagesConfig own) {
  own.install = joined(std::move(base.install), std::move(own.install));
  own.remove = joined(std::move(base.remove), std::move(own.remove));
  own.update = joined(std::move(base.update), std::move(own.update));
  own.exclude = joined(std::move(base.exclude), std::move(own.exclude));
  own.update_existing = either(std::move(base.update_existing), std::move(own.update_existing));
  own.snapshot_time = latest(std::move(base.snapshot_time), std::move(own.snapshot_time));
  own.remove_package_manager =
      either(std::move(base.remove_package_manager), std::move(own.remove_package_manager));
  if (base.recommends == model::Inclusion::included) own.recommends = base.recommends;
  if (base.documentation == model::Inclusion::left_out) own.documentation = base.documentation;
  own.languages = latest(std::move(base.languages), std::move(own.languages));
  return own;
}

model::ServicesConfig merged(model::ServicesConfig base, model::ServicesConfig own) {
  own.enable = joined(std::move(base.enable), std::move(own.enable));
  own.disable = joined(std::move(base.disable), std::move(own.disable));
  own.mask = joined(std::move(base.mask), std::move(own.mask));
  own.drop_ins = joined(std::move(base.drop_ins), std::move(own.drop_ins));
  return own;
}

model::OsConfig merged(model::OsConfig base, model::OsConfig own) {
  if (!base.is_present) return own;
  if (!own.is_present) return base;
  own.hostname = latest(std::move(base.hostname), std::move(own.hostname));
  own.locale = latest(std::move(base.locale), std::move(own.locale));
  own.timezone = latest(std::move(base.timezone), std::move(own.timezone));
  own.keymap = latest(std::move(base.keymap), std::move(own.keymap));
  own.packages = merged(std::move(base.packages), std::move(own.packages));
  own.kernel.package = latest(std::move(base.kernel.package), std::move(own.kernel.package));
  own.kernel.series = latest(std::move(base.kernel.series), std::move(own.kernel.series));
  own.cgroup_version = latest(std::move(base.cgroup_version), std::move(own.cgroup_version));
  own.fips_mode = latest(std::move(base.fips_mode), std::move(own.fips_mode));
  own.selinux_mode = latest(std::move(base.selinux_mode), std::move(own.selinux_mode));
  own.machine_id = latest(std::move(base.machine_id), std::move(own.machine_id));
  own.kernel_command_line =
      joined(std::move(base.kernel_command_line), std::move(own.kernel_command_line));
  own.additional_files = joined(std::move(base.additional_files), std::move(own.additional_files));
  own.additional_directories =
      joined(std::move(base.additional_directories), std::move(own.additional_directories));
  own.groups = joined(std::move(base.groups), std::move(own.groups));
  own.users = joined(std::move(base.users), std::move(own.users));
  own.services = merged(std::move(base.services), std::move(own.services));
  own.modules = joined(std::move(base.modules), std::move(own.modules));
  own.overlays = joined(std::move(base.overlays), std::move(own.overlays));
  own.sysctl = overlaid(std::move(base.sysctl), std::move(own.sysctl));
  own.scriptlets.allow_failure =
      joined(std::move(base.scriptlets.allow_failure), std::move(own.scriptlets.allow_failure));
  own.scriptlets.timeout =
      latest(std::move(base.scriptlets.timeout), std::move(own.scriptlets.timeout));
  own.bootloader_reset = either(std::move(base.bootloader_reset), std::move(own.bootloader_reset));
  own.boot_loader = latest(std::move(base.boot_loader), std::move(own.boot_loader));
  own.uki_mode = latest(std::move(base.uki_mode), std::move(own.uki_mode));
  own.image_history = latest(std::move(base.image_history), std::move(own.image_history));
  return own;
}

std::optional<model::LiveMediumConfig> merged(std::optional<model::LiveMediumConfig> base,
                                              std::optional<model::LiveMediumConfig> own) {
  if (!base || !own) return own ? std::move(own) : std::move(base);
  own->kernel_command_line =
      joined(std::move(base->kernel_command_line), std::move(own->kernel_command_line));
  own->additional_files =
      joined(std::move(base->additional_files), std::move(own->additional_files));
  own->initramfs = latest(std::move(base->initramfs), std::move(own->initramfs));
  own->kdump_boot_files =
      latest(std::move(base->kdump_boot_files), std::move(own->kdump_boot_files));
  own->bootstrap_base_url =
      latest(std::move(base->bootstrap_base_url), std::move(own->bootstrap_base_url));
  own->bootstrap_file_url =
      latest(std::move(base->bootstrap_file_url), std::move(own->bootstrap_file_url));
  return own;
}

std::optional<model::OutputArtifacts> merged(std::optional<model::OutputArtifacts> base,
                                             std::optional<model::OutputArtifacts> own) {
  if (!base || !own) return own ? std::move(own) : std::move(base);
  std::vector<model::OutputArtifactItem> items = std::move(base->items);
  for (const model::OutputArtifactItem item : own->items) {
    if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
  }
  own->items = std::move(items);
  if (own->path.empty()) own->path = std::move(base->path);
  return own;
}

model::OutputConfig merged(model::OutputConfig base, model::OutputConfig own) {
  own.name = latest(std::move(base.name), std::move(own.name));
  if (own.images.empty()) own.images = std::move(base.images);
  own.image_path = latest(std::move(base.image_path), std::move(own.image_path));
  own.cosi_compression_level =
      latest(std::move(base.cosi_compression_level), std::move(own.cosi_compression_level));
  own.artifacts = merged(std::move(base.artifacts), std::move(own.artifacts));
  own.selinux_policy_path =
      latest(std::move(base.selinux_policy_path), std::move(own.selinux_policy_path));
  return own;
}

model::ScriptsConfig merged(model::ScriptsConfig base, model::ScriptsConfig own) {
  own.post_customization =
      joined(std::move(base.post_customization), std::move(own.post_customization));
  own.finalize_customization =
      joined(std::move(base.finalize_customization), std::move(own.finalize_customization));
  if (base.network == model::ScriptNetwork::host) own.network = base.network;
  return own;
}

} // namespace

base::Diagnostics check_mergeable(const model::ImageConfig& base, const model::ImageConfig& own) {
  base::Diagnostics diagnostics;
  if (base.storage.where.line != 0 && own.storage.where.line != 0) {
    diagnostics.add({.code = "config.conflict",
                     .message = "storage is described in two configs that build on each other",
                     .where = own.storage.where,
                     .related = {{base.storage.where, "and here"}},
                     .hint = "keep it in one of them"});
  }
  return diagnostics;
}

model::ImageConfig merged(model::ImageConfig base, model::ImageConfig own) {
  own.release = latest(std::move(base.release), std::move(own.release));
  if (own.architectures.empty()) own.architectures = std::move(base.architectures);
  own.repositories = merged_repositories(std::move(base.repositories), std::move(own.repositories));
  if (!own.input.is_given()) own.input = std::move(base.input);
  const bool has_reset = own.storage.reset_partition_uuids.has_value();
  if (own.storage.where.line == 0 && base.storage.where.line != 0) {
    const auto reset = own.storage.reset_partition_uuids;
    own.storage = std::move(base.storage);
    if (has_reset) own.storage.reset_partition_uuids = reset;
  } else if (!has_reset) {
    own.storage.reset_partition_uuids = base.storage.reset_partition_uuids;
  }
  own.os = merged(std::move(base.os), std::move(own.os));
  own.iso = merged(std::move(base.iso), std::move(own.iso));
  own.pxe = merged(std::move(base.pxe), std::move(own.pxe));
  own.scripts = merged(std::move(base.scripts), std::move(own.scripts));
  own.preview_features = joined(std::move(base.preview_features), std::move(own.preview_features));
  own.output = merged(std::move(base.output), std::move(own.output));
  own.checks = joined(std::move(base.checks), std::move(own.checks));
  return own;
}

} // namespace imagewright::config
