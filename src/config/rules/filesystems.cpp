// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>

#include "config/rules/rules.hpp"
#include "config/rules/storage_index.hpp"

namespace imagewright::config {

namespace {

using model::FilesystemConfig;
using model::FilesystemType;
using model::MountPointConfig;
using model::PartitionKind;
using model::StorageConfig;

class FilesystemRules {
public:
  explicit FilesystemRules(const StorageConfig& storage) : storage_(storage) {}

  base::Diagnostics check() {
    for (const FilesystemConfig& filesystem : storage_.filesystems) {
      check_filesystem(filesystem);
      check_partition_purpose(filesystem);
    }
    if (storage_.disk) {
      check_boot_partitions();
      check_root();
    }
    return diagnostics_;
  }

private:
  void report(std::string message, const base::SourceLocation& where, std::string hint) {
    diagnostics_.error("config.bad-filesystem", std::move(message), where, std::move(hint));
  }

  void check_filesystem(const FilesystemConfig& filesystem) {
    if (filesystem.mount_point) {
      check_mount(*filesystem.mount_point, filesystem);
      if (!filesystem.type)
        report("a filesystem with a mountPoint needs a type", filesystem.where,
               "add \"type: ext4\"");
    }
    if (filesystem.subvolumes.empty()) return;
    if (filesystem.mount_point) {
      diagnostics_.add(
          {.code = "config.conflict",
           .message = "a filesystem with subvolumes may not have a mountPoint of its own",
           .where = filesystem.mount_point->where,
           .related = {{filesystem.subvolumes.front().where, "the subvolumes stand here"}},
           .hint = "move the mountPoint to a subvolume"});
    }
    check_subvolumes(filesystem);
  }

  void check_subvolumes(const FilesystemConfig& filesystem) {
    std::map<std::string, const model::BtrfsSubvolume*> known;
    for (const model::BtrfsSubvolume& subvolume : filesystem.subvolumes) {
      const auto [first, is_new] = known.emplace(subvolume.path, &subvolume);
      if (!is_new) {
        diagnostics_.add({.code = "config.duplicate-name",
                          .message = fmt::format("the subvolume {} is described twice",
                                                 base::quoted(subvolume.path)),
                          .where = subvolume.where,
                          .related = {{first->second->where, "the first one stands here"}},
                          .hint = "keep one of them"});
      }
      if (subvolume.mount_point) check_mount(*subvolume.mount_point, filesystem);
      check_quota(subvolume);
    }
    for (const model::BtrfsSubvolume& outer : filesystem.subvolumes) {
      for (const model::BtrfsSubvolume& inner : filesystem.subvolumes)
        check_nesting(outer, inner);
    }
  }

  void check_quota(const model::BtrfsSubvolume& subvolume) {
    for (const auto& limit : {subvolume.referenced_limit, subvolume.exclusive_limit}) {
      if (limit && limit->bytes() == 0)
        report("a quota of 0 leaves no room", subvolume.where, "give a larger limit, or none");
    }
  }

  /// A subvolume inside another one must not be mounted around it.
  void check_nesting(const model::BtrfsSubvolume& outer, const model::BtrfsSubvolume& inner) {
    if (!outer.mount_point || !inner.mount_point || !base::is_below(inner.path, outer.path)) return;
    if (!base::is_below(outer.mount_point->path, inner.mount_point->path)) return;
    diagnostics_.add(
        {.code = "config.bad-filesystem",
         .message = fmt::format("the subvolume {} is inside {}, but is mounted around it",
                                base::quoted(inner.path), base::quoted(outer.path)),
         .where = inner.mount_point->where,
         .related = {{outer.mount_point->where,
                      fmt::format("{} is mounted here", base::quoted(outer.path))}},
         .hint = "swap their mount points"});
  }

  void check_mount(const MountPointConfig& mount, const FilesystemConfig& filesystem) {
    const auto [first, is_new] = mounts_.emplace(mount.path, mount.where);
    if (!is_new) {
      diagnostics_.add({.code = "config.duplicate-name",
                        .message = fmt::format("{} is mounted twice", base::quoted(mount.path)),
                        .where = mount.where,
                        .related = {{first->second, "the first one stands here"}},
                        .hint = "mount one filesystem at each path"});
    }
    const model::VerityConfig* verity = find_verity(storage_, filesystem.device_id.text);
    if (verity != nullptr && mount.identifier) {
      report("a filesystem on a verity device is found by that device, so idType has no meaning",
             mount.identifier->where, "remove idType");
    }
    if (mount.identifier && mount.identifier->value == model::MountIdentifier::part_label)
      check_label(filesystem, *mount.identifier);
    for (const std::string& option : base::split(mount.options, ',')) {
      const bool is_managed = !filesystem.subvolumes.empty() ||
                              (filesystem.type && filesystem.type->value == FilesystemType::btrfs);
      if (is_managed && (option.starts_with("subvol=") || option.starts_with("subvolid="))) {
        report(fmt::format("the mount option {} is set by the subvolume", base::quoted(option)),
               mount.where, "remove it, and use btrfs.subvolumes");
      }
    }
  }

  void check_label(const FilesystemConfig& filesystem,
                   const model::Located<model::MountIdentifier>& identifier) {
    const model::PartitionConfig* partition = find_partition_of(storage_, filesystem);
    if (partition == nullptr) return;
    if (partition->label.text.empty()) {
      diagnostics_.add({.code = "config.bad-filesystem",
                        .message = "idType part-label needs a label on the partition",
                        .where = identifier.where,
                        .related = {{partition->where, "the partition stands here"}},
                        .hint = "add a label to the partition"});
      return;
    }
    // fstab(5) has escapes for blanks and backslashes, and none for quotes; what the kernel command
    // line has, not every boot loader hands on.
    const bool is_root = filesystem.mount_point && filesystem.mount_point->path == "/";
    const std::string_view unfit = is_root ? " \"'\\" : "\"'";
    if (partition->label.text.find_first_of(unfit) != std::string::npos) {
      diagnostics_.add(
          {.code = "config.bad-filesystem",
           .message = fmt::format("idType part-label cannot name {}: {} has no way to write its {}",
                                  base::quoted(partition->label.text),
                                  is_root ? "the kernel command line" : "/etc/fstab",
                                  is_root ? "blanks and quotes" : "quotes"),
           .where = partition->label.where,
           .related = {{identifier.where, "the label is used here"}},
           .hint = is_root ? "use a label without blanks and quotes, or \"idType: part-uuid\""
                           : "use a label without quotes, or \"idType: part-uuid\""});
      return;
    }
    for (const model::PartitionConfig& other : storage_.disk->partitions) {
      if (&other == partition || other.label.text != partition->label.text) continue;
      diagnostics_.add(
          {.code = "config.bad-filesystem",
           .message = fmt::format(
               "idType part-label needs a label that only one partition has; {} is used twice",
               base::quoted(partition->label.text)),
           .where = identifier.where,
           .related = {{other.label.where, "another partition has it here"}},
           .hint = "give each partition a label of its own"});
      return;
    }
  }

  void check_partition_purpose(const FilesystemConfig& filesystem) {
    const model::PartitionConfig* partition = find_partition_of(storage_, filesystem);
    if (partition == nullptr) return;
    const bool is_swap_area = filesystem.type && filesystem.type->value == FilesystemType::swap;
    if (is_swap_area && partition->kind != PartitionKind::swap) {
      report("a swap area needs a partition of the type swap", filesystem.type->where,
             "set \"type: swap\" on the partition");
    }
    if (is_swap_area && filesystem.mount_point)
      report("a swap area cannot be mounted", filesystem.mount_point->where, "remove mountPoint");
    if (partition->kind == PartitionKind::swap && filesystem.type && !is_swap_area) {
      report("a partition of the type swap holds no filesystem", filesystem.type->where,
             "write \"type: swap\", or leave the type out");
    }
    if (partition->kind == PartitionKind::bios_grub &&
        (filesystem.type || filesystem.mount_point)) {
      report("a partition of the type bios-grub holds no filesystem", filesystem.where,
             "remove its type and mountPoint");
    }
  }

  void check_boot_partitions() {
    for (const model::PartitionConfig& partition : storage_.disk->partitions) {
      if (partition.kind == PartitionKind::esp) check_esp(partition);
    }
  }

  void check_esp(const model::PartitionConfig& partition) {
    const auto found = std::find_if(storage_.filesystems.begin(), storage_.filesystems.end(),
                                    [&](const FilesystemConfig& each) {
                                      return find_partition_of(storage_, each) == &partition;
                                    });
    if (found == storage_.filesystems.end()) {
      report("the EFI system partition has no filesystem", partition.where,
             "add one of the type fat32, mounted at /boot/efi");
      return;
    }
    if (!found->type || found->type->value != FilesystemType::fat32) {
      report("the EFI system partition needs the filesystem fat32",
             found->type ? found->type->where : found->where, "write \"type: fat32\"");
    }
    if (!found->mount_point || found->mount_point->path != "/boot/efi") {
      report("the EFI system partition is mounted at /boot/efi",
             found->mount_point ? found->mount_point->where : found->where,
             "write \"mountPoint: /boot/efi\"");
    }
  }

  void check_root() {
    if (mounts_.contains("/") || diagnostics_.has_errors()) return;
    report("no filesystem is mounted at \"/\"", storage_.disk->where,
           "give one of the filesystems \"mountPoint: /\"");
  }

  const StorageConfig& storage_;
  base::Diagnostics diagnostics_;
  std::map<std::string, base::SourceLocation> mounts_;
};

} // namespace

base::Diagnostics check_filesystems(const StorageConfig& storage) {
  return FilesystemRules(storage).check();
}

} // namespace imagewright::config
