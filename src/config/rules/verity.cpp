// SPDX-License-Identifier: MIT
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/model/mount_options.hpp>

#include "config/rules/rules.hpp"
#include "config/rules/storage_index.hpp"

namespace imagewright::config {

namespace {

using model::StorageConfig;
using model::VerityConfig;

std::vector<const model::MountPointConfig*> mounts_of(const StorageConfig& storage,
                                                      const VerityConfig& verity) {
  std::vector<const model::MountPointConfig*> mounts;
  for (const model::FilesystemConfig& filesystem : storage.filesystems) {
    if (filesystem.device_id.text != verity.id) continue;
    if (filesystem.mount_point) mounts.push_back(&*filesystem.mount_point);
    for (const model::BtrfsSubvolume& subvolume : filesystem.subvolumes) {
      if (subvolume.mount_point) mounts.push_back(&*subvolume.mount_point);
    }
  }
  return mounts;
}

base::Diagnostics check_mount(const VerityConfig& verity, const model::MountPointConfig& mount) {
  base::Diagnostics diagnostics;
  const std::string expected = verity.name.text == "root" ? "/" : "/usr";
  if (mount.path != expected) {
    diagnostics.add({.code = "config.bad-verity",
                     .message = fmt::format("the verity device {} belongs at {}, not at {}",
                                            base::quoted(verity.name.text), base::quoted(expected),
                                            base::quoted(mount.path)),
                     .where = mount.where,
                     .related = {{verity.name.where, "the device is named here"}},
                     .hint = "name it \"root\" for \"/\", or \"usr\" for \"/usr\""});
  }
  if (!model::has_mount_option(mount.options, "ro")) {
    diagnostics.error("config.bad-verity",
                      fmt::format("{} is on a verity device, so it must be mounted read-only",
                                  base::quoted(mount.path)),
                      mount.where, "add \"ro\" to its options");
  }
  return diagnostics;
}

/// The room of a partition, when it is known.
std::optional<model::Located<base::ByteSize>> size_of(const StorageConfig& storage,
                                                      const model::PartitionConfig& partition) {
  if (partition.size) return partition.size;
  base::ByteSize start = base::ByteSize::mib(1);
  for (const model::PartitionConfig& each : storage.disk->partitions) {
    if (each.start) start = each.start->value;
    if (&each == &partition) break;
    if (each.size) start = start + each.size->value;
    if (each.end) start = each.end->value;
  }
  // What takes the rest of the disk ends before the second partition table.
  const base::ByteSize table = base::ByteSize::mib(1);
  const auto& disk_size = storage.disk->max_size;
  if (!partition.end && (!disk_size || disk_size->value < start + table)) return std::nullopt;
  const base::ByteSize end = partition.end ? partition.end->value : disk_size->value - table;
  if (end < start) return std::nullopt;
  return model::Located<base::ByteSize>{end - start,
                                        partition.end ? partition.end->where : partition.where};
}

base::Diagnostics check_inline_size(const StorageConfig& storage, const VerityConfig& verity) {
  base::Diagnostics diagnostics;
  const bool is_inline = verity.data_device_id && verity.hash_device_id &&
                         verity.data_device_id->text == verity.hash_device_id->text;
  const model::PartitionConfig* partition =
      is_inline ? find_partition(storage, verity.data_device_id->text) : nullptr;
  const auto size = partition == nullptr ? std::nullopt : size_of(storage, *partition);
  const bool is_fitted =
      storage.fits_content && storage.disk && partition == &storage.disk->partitions.back();
  if (partition != nullptr && (!size || is_fitted)) {
    diagnostics.error("config.bad-verity",
                      "a partition that holds the hashes of its own data needs a size: the kernel "
                      "command line says where they begin",
                      partition->where,
                      "give it a size, or put the hashes on a partition of their own");
    return diagnostics;
  }
  // Data is rounded down to whole MiB, and the hashes of even 1 MiB need a little room after it.
  if (size && size->value < base::ByteSize::mib(2)) {
    diagnostics.error("config.bad-verity", "the partition is too small for data and their hashes",
                      size->where, "give it 2M or more");
  }
  return diagnostics;
}

base::Diagnostics check_device(const StorageConfig& storage, const VerityConfig& verity) {
  base::Diagnostics diagnostics;
  if (verity.name.text != "root" && verity.name.text != "usr") {
    diagnostics.error(
        "config.bad-verity",
        fmt::format("a verity device cannot be named {}", base::quoted(verity.name.text)),
        verity.name.where, "name it \"root\" for \"/\", or \"usr\" for \"/usr\"");
    return diagnostics;
  }
  diagnostics.append(check_inline_size(storage, verity));
  if (!verity.data_device_id) return diagnostics;
  const auto mounts = mounts_of(storage, verity);
  if (mounts.size() != 1) {
    diagnostics.error(
        "config.bad-verity",
        mounts.empty() ? fmt::format("the verity device {} is not mounted", base::quoted(verity.id))
                       : fmt::format("the verity device {} is mounted {} times",
                                     base::quoted(verity.id), mounts.size()),
        verity.where, "mount one filesystem with its id as deviceId");
    return diagnostics;
  }
  diagnostics.append(check_mount(verity, *mounts.front()));
  return diagnostics;
}

} // namespace

base::Diagnostics check_verity(const StorageConfig& storage) {
  base::Diagnostics diagnostics;
  std::map<std::string, base::SourceLocation> known;
  for (const VerityConfig& verity : storage.verity) {
    diagnostics.append(check_device(storage, verity));
    const auto [first, is_new] = known.emplace(verity.name.text, verity.name.where);
    if (is_new) continue;
    diagnostics.add(
        {.code = "config.duplicate-name",
         .message = fmt::format("two verity devices are named {}", base::quoted(verity.name.text)),
         .where = verity.name.where,
         .related = {{first->second, "the first one stands here"}},
         .hint = "name one \"root\" and the other \"usr\""});
  }
  return diagnostics;
}

} // namespace imagewright::config
