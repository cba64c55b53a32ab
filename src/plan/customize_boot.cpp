// SPDX-License-Identifier: MIT
#include "customize_boot.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/boot_choice.hpp>
#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/model/partition_type.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/plan/layout.hpp>
#include <imagewright/policy/selinux_words.hpp>
#include <imagewright/policy/system_policy.hpp>

#include "existing_verity.hpp"

namespace imagewright::plan {

namespace {

template <typename Item>
void append(std::vector<Item>& items, std::vector<Item> more) {
  items.insert(items.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

/// The release as far as it speaks of booting: what every composed image has is no wish here, and
/// systemd is the base's.
model::ReleaseProfile boot_release(const CustomizePlan& plan, const BaseFacts& facts) {
  model::ReleaseProfile release = plan.plan.release;
  release.base_roles.clear();
  release.default_selinux_mode.reset();
  // What a base is verified with is there already.
  if (plan.plan.config.storage.verity.empty()) release.roles.try_emplace("verity");
  std::erase_if(release.baseline, [](const model::BaselineEntry& entry) {
    return entry.subject == "systemd" || entry.subject == "init";
  });
  if (!facts.systemd_version.empty())
    release.baseline.push_back(
        {.subject = "systemd", .series = facts.systemd_version, .where = release.where});
  return release;
}

std::optional<std::string> value_on(const std::string& command_line, const std::string& name) {
  for (const std::string& word : model::kernel_words(command_line)) {
    const model::KernelParameter parameter = model::kernel_parameter(word);
    if (model::is_same_parameter(parameter.name, name)) return parameter.value.value_or("");
  }
  return std::nullopt;
}

/// Nothing on the command line: the file of SELinux decides, and goes on doing so.
std::optional<model::SelinuxMode> selinux_mode_of(const BaseFacts& facts) {
  if (value_on(facts.command_line, "selinux") == "0") return model::SelinuxMode::disabled;
  if (value_on(facts.command_line, "enforcing") == "1") return model::SelinuxMode::force_enforcing;
  const bool is_named =
      value_on(facts.command_line, "selinux") || value_on(facts.command_line, "security");
  if (!is_named || facts.selinux_mode == "disabled") return std::nullopt;
  return facts.selinux_mode == "permissive" ? model::SelinuxMode::permissive
                                            : model::SelinuxMode::enforcing;
}

bool starts_from_bios(const BaseFacts& facts) {
  const auto has = [&](model::PartitionKind kind) {
    const base::Uuid type = model::partition_type(kind, facts.architecture);
    const auto& partitions = facts.layout.partitions;
    return std::ranges::find(partitions, type, &model::Partition::type) != partitions.end();
  };
  return has(model::PartitionKind::bios_grub) && !has(model::PartitionKind::esp);
}

/// The config, with what the base is where the config is silent.
model::ImageConfig completed(const model::ImageConfig& config, const BaseFacts& facts) {
  model::ImageConfig complete = config;
  model::OsConfig& os = complete.os;
  const base::SourceLocation& where = os.where;
  const auto selinux = selinux_mode_of(facts);
  if (!os.selinux_mode && selinux) os.selinux_mode = {*selinux, where};
  if (!os.fips_mode && facts.is_fips) os.fips_mode = {model::FipsMode::enabled, where};
  if (!os.cgroup_version && facts.cgroup_version == "1")
    os.cgroup_version = {model::CgroupVersion::v1, where};
  if (!os.boot_loader && !os.uki_mode && !facts.boot_loader.empty())
    os.boot_loader = {facts.boot_loader, where};
  if (!complete.storage.boot_type && !config.storage.disk && starts_from_bios(facts))
    complete.storage.boot_type = {model::BootType::legacy, where};
  return complete;
}

/// Files and units that a policy has from this key.
void take_files_of(const std::string& origin, const model::SystemPolicy& policy,
                   model::SystemPolicy& taken) {
  const auto is_of = [&](const auto& each) { return each.origin == origin; };
  std::ranges::copy_if(policy.files, std::back_inserter(taken.files), is_of);
  std::ranges::copy_if(policy.units, std::back_inserter(taken.units), is_of);
}

void take_checks(const model::SystemPolicy& policy, model::SystemPolicy& taken) {
  std::ranges::copy_if(policy.checks, std::back_inserter(taken.checks),
                       [](const model::Check& check) {
                         return check.kind == model::CheckKind::cgroup_filesystem ||
                                check.kind == model::CheckKind::fips_enabled;
                       });
}

model::MountIdentifier identifier_of(const std::optional<std::string>& source) {
  if (source && source->starts_with("UUID=")) return model::MountIdentifier::uuid;
  if (source &&
      (source->starts_with("PARTLABEL=") || source->starts_with("/dev/disk/by-partlabel/")))
    return model::MountIdentifier::part_label;
  return model::MountIdentifier::part_uuid;
}

/// Root hashes are not known yet.
std::string with_placeholder(const std::string& word, const model::DiskLayout& layout) {
  for (const model::VerityDevice& device : layout.verity) {
    const std::string argument = model::root_hash_argument(device);
    if (model::kernel_parameter(word).name == argument)
      return argument + "=" + model::root_hash_placeholder(device);
  }
  return word;
}

/// The base's own command line with the edits that the config asks for.
std::vector<model::KernelArgument> edited_line(const BaseFacts& facts,
                                               const finalize::CommandLineChange& change) {
  const auto is_gone = [&](const std::string& word) {
    const model::KernelParameter given = model::kernel_parameter(word);
    return given.name == "BOOT_IMAGE" || given.name == "initrd" || is_taken_away(given, change);
  };
  std::vector<model::KernelArgument> line;
  const auto add = [&](const std::string& word) {
    line.push_back({.text = word, .origin = "the base", .where = std::nullopt});
  };
  for (const std::string& word : model::kernel_words(facts.command_line)) {
    if (!is_gone(word)) add(with_placeholder(word, facts.layout));
  }
  std::ranges::for_each(change.lasting, add);
  std::ranges::for_each(change.appended, add);
  return line;
}

} // namespace

model::DiskLayout with_booted_verity(model::DiskLayout layout, const std::string& command_line) {
  for (model::VerityDevice& device : layout.verity) {
    const std::string prefix = "systemd.verity_" + device.name + "_";
    device.options = value_on(command_line, prefix + "options").value_or("");
    device.data_identifier = identifier_of(value_on(command_line, prefix + "data"));
    device.hash_identifier = identifier_of(value_on(command_line, prefix + "hash"));
  }
  return layout;
}

bool is_taken_away(const model::KernelParameter& word, const finalize::CommandLineChange& change) {
  return std::ranges::any_of(
             change.removed,
             [&](const std::string& each) { return model::is_meant_by(word, each); }) ||
         std::ranges::any_of(change.dropped, [&](const model::LocatedText& each) {
           return model::is_meant_by(word, each.text);
         });
}

void add_kernel_wishes(const CustomizePlan& plan, const BaseFacts& facts,
                       finalize::FinalizePlan& root) {
  const model::OsConfig& os = plan.plan.config.os;
  const model::ReleaseProfile release = boot_release(plan, facts);
  const policy::PolicyInput input{.config = plan.plan.config,
                                  .release = release,
                                  .architecture = facts.architecture,
                                  .layout = facts.layout};
  finalize::CommandLineChange& change = root.command_line_change;
  const auto take = [&](policy::PolicyPart part, std::vector<std::string> removed) {
    if (part.diagnostics.has_errors()) throw base::InputError(std::move(part.diagnostics));
    append(change.removed, std::move(removed));
    for (const model::KernelArgument& argument : part.policy.kernel_arguments)
      change.lasting.push_back(argument.text);
    append(root.policy.initramfs_modules, std::move(part.policy.initramfs_modules));
    append(root.policy.kernel_companions, std::move(part.policy.kernel_companions));
    append(root.policy.checks, std::move(part.policy.checks));
  };
  if (os.cgroup_version)
    take(policy::cgroup_policy(input), {"systemd.unified_cgroup_hierarchy",
                                        "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE", "cgroup_no_v1"});
  if (policy::has_early_overlay(os)) {
    root.policy.initramfs_drivers.emplace_back(policy::k_overlay_driver);
    root.initramfs_use = finalize::InitramfsUse::for_every_kernel;
  }
  if (!os.fips_mode) return;
  take(policy::fips_policy(input), {"fips", "boot"});
  if (os.fips_mode->value == model::FipsMode::enabled)
    root.initramfs_use = finalize::InitramfsUse::for_every_kernel;
}

namespace {

std::string identifier_of(const model::Filesystem& filesystem) {
  return filesystem.type == model::FilesystemType::fat32 ? model::fat_serial(filesystem.uuid)
                                                         : filesystem.uuid.to_string();
}

/// Derived from what image it is, so that they are the same whenever it is made.
void renew_identifiers(finalize::FinalizePlan& root) {
  auto& renewed = root.new_identifiers;
  for (model::Partition& partition : root.layout.partitions) {
    const std::string place = fmt::format("{} at {}", partition.id, partition.start.bytes());
    const auto give = [&](base::Uuid& uuid, const std::string& what) {
      uuid = base::Uuid::from_name(root.record.uuid, what + place);
    };
    const std::string former = partition.uuid.to_string();
    give(partition.uuid, "partition ");
    renewed[base::to_lower(former)] = partition.uuid.to_string();
    if (!partition.filesystem) continue;
    const std::string name = identifier_of(*partition.filesystem);
    give(partition.filesystem->uuid, "filesystem ");
    renewed[base::to_lower(name)] = identifier_of(*partition.filesystem);
  }
}

} // namespace

void set_boot_up_anew(const CustomizePlan& plan, const BaseFacts& facts,
                      finalize::FinalizePlan& root) {
  const model::ImageConfig config = completed(plan.plan.config, facts);
  const model::ReleaseProfile release = boot_release(plan, facts);
  root.layout = with_booted_verity(facts.layout, facts.command_line);
  root.boot_chain = finalize::BootChain::anew;
  if (config.storage.disk) {
    root.base_disk = finalize::BaseDisk::replaced;
    root.layout = layout_of(plan.plan, root.record.uuid);
  } else if (config.storage.reset_partition_uuids) {
    renew_identifiers(root);
  } else {
    add_existing_verity(config.storage, facts, root.record.uuid, root.layout);
  }
  base::Diagnostics mistakes =
      finalize::check_boot_setup(config, release, facts.architecture, root.layout);
  const policy::SystemPolicyResult decided =
      policy::system_policy({.config = config,
                             .release = release,
                             .architecture = facts.architecture,
                             .layout = root.layout});
  mistakes.append(decided.diagnostics);
  if (mistakes.has_errors()) throw base::InputError(std::move(mistakes));
  root.boot_loader = finalize::plan_from(config, release, facts.architecture).boot_loader;
  root.initramfs = release.initramfs;
  root.policy.initramfs_modules = decided.policy.initramfs_modules;
  root.policy.initramfs_drivers = decided.policy.initramfs_drivers;
  root.policy.kernel_companions = decided.policy.kernel_companions;
  take_files_of("storage.verity", decided.policy, root.policy);
  const bool is_reset = config.os.bootloader_reset || config.storage.disk;
  root.policy.kernel_arguments = decided.policy.kernel_arguments;
  if (!is_reset) {
    finalize::CommandLineChange change = root.command_line_change;
    const bool is_verified_anew = verifies_existing(config);
    const auto arguments = is_verified_anew ? verity_arguments(decided.policy, root.layout)
                                            : std::vector<model::KernelArgument>();
    for (const model::KernelArgument& argument : arguments)
      change.removed.push_back(model::kernel_parameter(argument.text).name);
    root.policy.kernel_arguments = edited_line(facts, change);
    append(root.policy.kernel_arguments, arguments);
  }
  if (is_reset) take_checks(decided.policy, root.policy);
}

} // namespace imagewright::plan
