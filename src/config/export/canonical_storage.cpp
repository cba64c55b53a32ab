// SPDX-License-Identifier: MIT
#include <utility>

#include "config/export/canonical_sections.hpp"

namespace imagewright::config {

namespace {

Section written(Section section, const model::MountPointConfig& mount) {
  const auto& [path, identifier, options, where] = mount;
  section.put_text("path", path);
  section.put_word("idType", identifier);
  section.put_text("options", options);
  return section;
}

void put_mount_point(Section& owner, const std::optional<model::MountPointConfig>& mount) {
  if (mount) owner.put_section("mountPoint", written(owner.inside("mountPoint"), *mount));
}

Section written(Section section, const model::PartitionConfig& partition) {
  const auto& [id, label, start, end, size, grows, kind, other_type, where] = partition;
  section.put_text("id", id);
  section.put_text("label", label.text);
  section.put_size("start", start);
  section.put_size("end", end);
  section.put_size("size", size);
  if (grows) section.put("size", "grow");
  if (other_type) {
    section.put("type", other_type->to_string());
  } else if (kind != model::PartitionKind::linux_generic) {
    section.put("type", section.word_of("type", static_cast<int>(kind)));
  }
  return section;
}

Section written(Section section, const model::DiskConfig& disk) {
  const auto& [max_size, partitions, where] = disk;
  section.put("partitionTableType", "gpt");
  section.put_size("maxSize", max_size);
  json::Array items;
  for (const model::PartitionConfig& each : partitions)
    items.emplace_back(written(section.inside("partitions"), each).object());
  section.put_list("partitions", std::move(items));
  return section;
}

Section written(Section section, const model::BtrfsSubvolume& subvolume) {
  const auto& [path, mount_point, referenced_limit, exclusive_limit, where] = subvolume;
  section.put_text("path", path);
  put_mount_point(section, mount_point);
  Section quota = section.inside("quota");
  quota.put_size("referencedLimit", referenced_limit);
  quota.put_size("exclusiveLimit", exclusive_limit);
  section.put_section("quota", quota);
  return section;
}

Section written(Section section, const model::FilesystemConfig& filesystem) {
  const auto& [device_id, type, mount_point, subvolumes, where] = filesystem;
  section.put_text("deviceId", device_id.text);
  section.put_word("type", type);
  put_mount_point(section, mount_point);
  Section btrfs = section.inside("btrfs");
  json::Array items;
  for (const model::BtrfsSubvolume& each : subvolumes)
    items.emplace_back(written(btrfs.inside("subvolumes"), each).object());
  btrfs.put_list("subvolumes", std::move(items));
  section.put_section("btrfs", btrfs);
  return section;
}

void put_existing(Section& owner, std::string_view key,
                  const std::optional<model::ExistingPartition>& partition) {
  if (!partition) return;
  const auto& [label, where] = *partition;
  Section section = owner.inside(key);
  section.put("idType", "part-label");
  section.put("id", label);
  owner.put_section(key, section);
}

Section written(Section section, const model::VerityConfig& verity) {
  const auto& [id, name, data_device_id, hash_device_id, data_device, hash_device,
               data_device_identifier, hash_device_identifier, corruption, hash_signature_path,
               where] = verity;
  section.put_text("id", id);
  section.put_text("name", name.text);
  section.put_text("dataDeviceId", data_device_id);
  section.put_text("hashDeviceId", hash_device_id);
  put_existing(section, "dataDevice", data_device);
  put_existing(section, "hashDevice", hash_device);
  section.put_word("dataDeviceMountIdType", data_device_identifier);
  section.put_word("hashDeviceMountIdType", hash_device_identifier);
  if (corruption != model::VerityCorruption::io_error)
    section.put_word("corruptionOption", std::optional(corruption));
  section.put_text("hashSignaturePath", hash_signature_path);
  return section;
}

Section written(Section section, const model::GrownPartition& partition) {
  const auto& [label, size, where] = partition;
  section.put("label", label.text);
  section.put_size("size", std::optional(size));
  return section;
}

} // namespace

Section written_storage(Section section, const model::StorageConfig& storage) {
  const auto& [boot_type, reset_partition_uuids, reinitialize_verity, disk, filesystems, verity,
               grow, fits_content, free_space, where] = storage;
  section.put_word("bootType", boot_type);
  if (reset_partition_uuids) section.put("resetPartitionsUuidsType", "reset-all");
  section.put_word("reinitializeVerity", reinitialize_verity);
  if (disk) section.put("disks", json::Array{written(section.inside("disks"), *disk).object()});
  json::Array items;
  for (const model::FilesystemConfig& each : filesystems)
    items.emplace_back(written(section.inside("filesystems"), each).object());
  section.put_list("filesystems", std::move(items));
  json::Array devices;
  for (const model::VerityConfig& each : verity)
    devices.emplace_back(written(section.inside("verity"), each).object());
  section.put_list("verity", std::move(devices));
  json::Array grown;
  for (const model::GrownPartition& each : grow)
    grown.emplace_back(written(section.inside("grow"), each).object());
  section.put_list("grow", std::move(grown));
  if (fits_content) section.put("autoSize", true);
  if (free_space.bytes() > 0) section.put_size("freeSpace", std::optional(free_space));
  return section;
}

} // namespace imagewright::config
