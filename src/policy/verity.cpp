// SPDX-License-Identifier: MIT
#include <string>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/boot_choice.hpp>
#include <imagewright/model/boot_loader.hpp>
#include <imagewright/model/filesystem_type.hpp>
#include <imagewright/model/verity.hpp>

#include "roles.hpp"

// Kernel arguments: systemd-veritysetup-generator(8).

namespace imagewright::policy {
namespace {

constexpr auto k_origin = "storage.verity";

/// How the kernel command line names a partition; `uuid` is of what the partition holds.
std::string source_of(const model::DiskLayout& layout, const std::string& id,
                      model::MountIdentifier identifier, const base::Uuid& uuid) {
  const auto* partition = layout.find_partition(id);
  IMAGEWRIGHT_ASSERT(partition != nullptr);
  switch (identifier) {
  case model::MountIdentifier::uuid:
    return "UUID=" + uuid.to_string();
  case model::MountIdentifier::part_uuid:
    return "PARTUUID=" + partition->uuid.to_string();
  case model::MountIdentifier::part_label:
    return model::kernel_label_source(partition->label);
  }
  return {};
}

std::string data_source(const model::DiskLayout& layout, const model::VerityDevice& device) {
  const auto* partition = layout.find_partition(device.data_partition);
  IMAGEWRIGHT_ASSERT(partition != nullptr && partition->filesystem);
  return source_of(layout, device.data_partition, device.data_identifier,
                   partition->filesystem->uuid);
}

std::string hash_source(const model::DiskLayout& layout, const model::VerityDevice& device) {
  // What is known by the identifier of its content is known by that at its start.
  if (model::is_inline(device) && device.hash_identifier == model::MountIdentifier::uuid)
    return data_source(layout, device);
  return source_of(layout, device.hash_partition, device.hash_identifier, device.uuid);
}

const model::VerityConfig* wish_of(const PolicyInput& input, const std::string& name) {
  for (const auto& wish : input.config.storage.verity) {
    if (wish.name.text == name) return &wish;
  }
  return nullptr;
}

void add_device(PolicyPart& part, const PolicyInput& input, const model::VerityDevice& device) {
  const auto* wish = wish_of(input, device.name);
  const auto where = wish != nullptr ? wish->where : input.config.storage.where;
  const auto add = [&](const std::string& key, const std::string& value) {
    part.policy.kernel_arguments.push_back({key + "=" + value, k_origin, where});
    part.claims.push_back({key, {value}, k_origin, where});
  };
  const auto prefix = "systemd.verity_" + device.name + "_";
  add(model::root_hash_argument(device), model::root_hash_placeholder(device));
  add(prefix + "data", data_source(input.layout, device));
  add(prefix + "hash", hash_source(input.layout, device));
  if (!device.options.empty()) add(prefix + "options", device.options);
  request_role(part, input, "verity", k_origin, where);
}

/// dracut's own modules mount /boot only for FIPS.
constexpr auto k_boot_mount_module = R"(#!/bin/sh
# /boot is mounted in the initramfs: signatures of root hashes lie there.

check() {
    return 255
}

depends() {
    echo systemd
}

install() {
    inst_script "$moddir/boot-mount-generator" "$systemdutildir/system-generators/imagewright-boot-mount-generator"
}
)";

/// A generator of systemd (systemd.generator(7)). The word on the command line is the one of Image
/// Customizer's images.
constexpr auto k_boot_mount_generator = R"(#!/bin/sh
directory="$1"
identifier=""
for word in $(cat /proc/cmdline); do
    case "$word" in
    pre.verity.mount=*) identifier="${word#*=}" ;;
    esac
done
[ -n "$identifier" ] || exit 0
cat > "$directory/boot.mount" <<END
[Unit]
Description=Signatures of root hashes
Before=veritysetup-pre.target
Wants=veritysetup-pre.target

[Mount]
What=/dev/disk/by-uuid/$identifier
Where=/boot
Options=ro
END
mkdir -p "$directory/local-fs.target.wants"
ln -sf ../boot.mount "$directory/local-fs.target.wants/boot.mount"
)";

constexpr auto k_module_directory = "/usr/lib/dracut/modules.d/90imagewright-boot-mount/";

std::string filesystem_identifier(const model::Filesystem& filesystem) {
  return filesystem.type == model::FilesystemType::fat32 ? model::fat_serial(filesystem.uuid)
                                                         : filesystem.uuid.to_string();
}

/// Before anything is verified there has to be the filesystem with the signature.
void add_place_of_signatures(PolicyPart& part, const PolicyInput& input) {
  for (const model::VerityDevice& device : input.layout.verity) {
    const auto path = model::hash_signature_path(device);
    if (!path) continue;
    const auto* wish = wish_of(input, device.name);
    const auto where = wish != nullptr ? wish->where : input.config.storage.where;
    const model::Partition* partition = input.layout.find_mount("/boot");
    if (partition == nullptr) {
      part.diagnostics.error("policy.boot-conflict",
                             "the signature " + base::quoted(*path) +
                                 " has to be read before anything else is there",
                             where, "give /boot a partition of its own");
      return;
    }
    const auto add = [&](const std::string& name, const char* content) {
      part.policy.files.push_back({.path = k_module_directory + name,
                                   .permissions = 0755,
                                   .content = content,
                                   .origin = k_origin});
    };
    add("module-setup.sh", k_boot_mount_module);
    add("boot-mount-generator", k_boot_mount_generator);
    part.policy.kernel_arguments.push_back(
        {"pre.verity.mount=" + filesystem_identifier(*partition->filesystem), k_origin, where});
    part.policy.initramfs_modules.emplace_back("imagewright-boot-mount");
    part.policy.initramfs_drivers.emplace_back(model::mount_type_of(partition->filesystem->type));
    return;
  }
}

/// What GRUB reads has the root hash in it, and so cannot be inside what is hashed.
void refuse_hash_inside(PolicyPart& part, const PolicyInput& input) {
  const auto& layout = input.layout;
  if (!model::is_verified(layout, "/") || layout.find_mount("/boot") != nullptr) return;
  const auto* loader = model::find_boot_loader(model::boot_loader_of(input.config, input.release));
  const bool reads_boot =
      model::boot_type_of(input.config, input.release) == model::BootType::legacy ||
      (loader != nullptr && loader->is_configured_in_boot);
  if (!reads_boot) return;
  const auto* wish = wish_of(input, "root");
  part.diagnostics.error("policy.boot-conflict",
                         "GRUB's configuration has the root hash of \"/\" and would be inside it",
                         wish != nullptr ? wish->where : input.config.storage.where,
                         "give /boot a partition of its own, or use systemd-boot");
}

/// As systemd's own units/tmp.mount has it; some distributions leave it out.
constexpr auto k_tmp_mount = R"([Unit]
Description=Temporary Directory /tmp
ConditionPathIsSymbolicLink=!/tmp
DefaultDependencies=no
Conflicts=umount.target
Before=local-fs.target umount.target
After=swap.target

[Mount]
What=tmpfs
Where=/tmp
Type=tmpfs
Options=mode=1777,strictatime,nosuid,nodev,size=50%,nr_inodes=1m

[Install]
WantedBy=local-fs.target
)";

/// Services with a private /tmp cannot start where /tmp cannot be written.
void add_writable_tmp(PolicyPart& part, const PolicyInput& input) {
  if (!model::is_verified(input.layout, "/") || input.layout.find_mount("/tmp") != nullptr) return;
  part.policy.files.push_back({.path = "/etc/systemd/system/tmp.mount",
                               .permissions = 0644,
                               .content = k_tmp_mount,
                               .origin = k_origin});
  part.policy.units.push_back({.unit = "tmp.mount",
                               .state = model::UnitState::enabled,
                               .origin = k_origin,
                               .where = input.config.storage.where});
}

} // namespace

PolicyPart verity_policy(const PolicyInput& input) {
  PolicyPart part;
  if (input.layout.verity.empty()) return part;
  for (const auto& device : input.layout.verity)
    add_device(part, input, device);
  refuse_hash_inside(part, input);
  add_writable_tmp(part, input);
  part.policy.initramfs_modules.emplace_back("systemd-veritysetup");
  part.policy.initramfs_drivers.emplace_back("dm-verity");
  add_place_of_signatures(part, input);
  return part;
}

} // namespace imagewright::policy
