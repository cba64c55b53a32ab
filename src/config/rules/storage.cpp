// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <string>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

using model::PartitionKind;
using model::StorageConfig;

bool has_partition(const StorageConfig& storage, PartitionKind kind) {
  return std::any_of(
      storage.disk->partitions.begin(), storage.disk->partitions.end(),
      [&](const model::PartitionConfig& partition) { return partition.kind == kind; });
}

base::Diagnostics check_what_belongs_together(const StorageConfig& storage) {
  base::Diagnostics diagnostics;
  if (storage.disk && storage.reset_partition_uuids) {
    diagnostics.add(
        {.code = "config.conflict",
         .message = "\"resetPartitionsUuidsType\" and \"disks\" exclude each other",
         .where = storage.reset_partition_uuids,
         .related = {{storage.disk->where, "the disk is described here"}},
         .hint = "remove resetPartitionsUuidsType: new partitions have new identifiers anyway"});
  }
  for (const model::VerityConfig& device : storage.verity) {
    if (!storage.reset_partition_uuids || !device.data_device) continue;
    diagnostics.add(
        {.code = "config.conflict",
         .message = "\"resetPartitionsUuidsType\" and a verity device of partitions of the base "
                    "image exclude each other",
         .where = storage.reset_partition_uuids,
         .related = {{device.where, "the device is described here"}},
         .hint = "customize twice: with resetPartitionsUuidsType first, then with the device"});
  }
  if (storage.disk && !storage.boot_type) {
    diagnostics.error("config.missing-key",
                      "a storage section with \"disks\" needs the key \"bootType\"", storage.where,
                      "add \"bootType: efi\" or \"bootType: legacy\"");
  }
  if (!storage.disk && storage.boot_type) {
    diagnostics.error("config.missing-key", "\"bootType\" needs the key \"disks\" beside it",
                      storage.boot_type->where, "describe the disk, or remove bootType");
  }
  if (!storage.disk && !storage.filesystems.empty()) {
    diagnostics.error("config.missing-key", "\"filesystems\" needs the key \"disks\" beside it",
                      storage.filesystems.front().where,
                      "describe the disk, or remove filesystems");
  }
  return diagnostics;
}

/// Each a partition of a base whose disk stays.
base::Diagnostics check_grown(const StorageConfig& storage) {
  base::Diagnostics diagnostics;
  const auto conflict = [&](const char* key, const base::SourceLocation& where) {
    diagnostics.add(
        {.code = "config.conflict",
         .message = fmt::format("\"grow\" and {} exclude each other", base::quoted(key)),
         .where = storage.grow.front().label.where,
         .related = {{where, "the other one stands here"}},
         .hint = "remove one of them; customize twice where both are needed"});
  };
  if (storage.grow.empty()) return diagnostics;
  if (storage.disk) conflict("disks", storage.disk->where);
  if (!storage.verity.empty()) conflict("verity", storage.verity.front().where);
  std::map<std::string, base::SourceLocation> labels;
  for (const model::GrownPartition& each : storage.grow) {
    const auto [first, is_new] = labels.emplace(each.label.text, each.label.where);
    if (is_new) continue;
    diagnostics.add(
        {.code = "config.duplicate-name",
         .message = fmt::format("the partition {} grows twice", base::quoted(each.label.text)),
         .where = each.label.where,
         .related = {{first->second, "the first time here"}},
         .hint = "keep the larger size"});
  }
  return diagnostics;
}

base::Diagnostics check_boot_partition(const StorageConfig& storage) {
  base::Diagnostics diagnostics;
  if (!storage.boot_type || !storage.disk) return diagnostics;
  const bool is_efi = storage.boot_type->value == model::BootType::efi;
  const PartitionKind needed = is_efi ? PartitionKind::esp : PartitionKind::bios_grub;
  if (has_partition(storage, needed)) return diagnostics;
  const std::string_view type = is_efi ? "esp" : "bios-grub";
  diagnostics.error(
      "config.bad-layout",
      fmt::format("bootType {} needs a partition of the type {}", is_efi ? "efi" : "legacy", type),
      storage.boot_type->where, fmt::format("add a partition with \"type: {}\"", type));
  return diagnostics;
}

base::Diagnostics check_growth(const StorageConfig& storage) {
  base::Diagnostics diagnostics;
  if (!storage.fits_content && storage.free_space.bytes() > 0) {
    diagnostics.error("config.missing-key", "\"freeSpace\" needs \"autoSize: true\" beside it",
                      storage.where, "add autoSize, or remove freeSpace");
  }
  if (!storage.disk || storage.disk->max_size || storage.fits_content ||
      storage.disk->partitions.empty())
    return diagnostics;
  const model::PartitionConfig& last = storage.disk->partitions.back();
  if (last.grows) {
    diagnostics.error(
        "config.bad-layout",
        "the last partition takes the rest of the disk, but the disk has no size", last.where,
        "add \"maxSize\" to the disk, give the partition a size, or set \"autoSize: true\"");
  }
  return diagnostics;
}

} // namespace

base::Diagnostics check_boot_loader_reset(const model::ImageConfig& own) {
  base::Diagnostics diagnostics;
  if (own.os.bootloader_reset) return diagnostics;
  const auto report = [&](const std::string& key, const base::SourceLocation& where) {
    diagnostics.error(
        "config.missing-key",
        fmt::format("{} needs \"os.bootloader.resetType\" in the same file", base::quoted(key)),
        where, "add \"bootloader: {resetType: hard-reset}\" under os");
  };
  // Whoever says which boot loader the new disk has needs no word that the old one goes.
  if (own.storage.disk && !own.os.boot_loader) report("storage.disks", own.storage.disk->where);
  if (own.storage.reset_partition_uuids)
    report("storage.resetPartitionsUuidsType", *own.storage.reset_partition_uuids);
  return diagnostics;
}

std::vector<const model::MountPointConfig*> mounts_of(const model::StorageConfig& storage) {
  std::vector<const model::MountPointConfig*> mounts;
  for (const model::FilesystemConfig& filesystem : storage.filesystems) {
    if (filesystem.mount_point) mounts.push_back(&*filesystem.mount_point);
    for (const model::BtrfsSubvolume& subvolume : filesystem.subvolumes) {
      if (subvolume.mount_point) mounts.push_back(&*subvolume.mount_point);
    }
  }
  return mounts;
}

base::Diagnostics check_storage(const StorageConfig& storage) {
  base::Diagnostics diagnostics = check_what_belongs_together(storage);
  if (storage.disk) diagnostics.append(check_disk(*storage.disk));
  diagnostics.append(check_growth(storage));
  diagnostics.append(check_grown(storage));
  diagnostics.append(check_boot_partition(storage));
  const base::Diagnostics references = check_storage_references(storage);
  diagnostics.append(references);
  if (references.has_errors()) return diagnostics;
  diagnostics.append(check_filesystems(storage));
  diagnostics.append(check_verity(storage));
  return diagnostics;
}

} // namespace imagewright::config
