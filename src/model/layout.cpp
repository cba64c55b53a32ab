// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/model/layout.hpp>

namespace imagewright::model {

const Partition* DiskLayout::find_mount(const std::string& mount_point) const {
  for (const Partition& partition : partitions) {
    if (partition.filesystem && partition.filesystem->mount_point == mount_point) return &partition;
  }
  return nullptr;
}

const Partition* DiskLayout::find_partition(const std::string& id) const {
  for (const Partition& partition : partitions) {
    if (partition.id == id) return &partition;
  }
  return nullptr;
}

std::string mount_source(const Partition& partition) {
  IMAGEWRIGHT_ASSERT(partition.filesystem.has_value());
  if (const auto& name = partition.filesystem->verity_name; !name.empty())
    return "/dev/mapper/" + name;
  switch (partition.filesystem->identifier) {
  case MountIdentifier::uuid: {
    const bool is_fat = partition.filesystem->type == FilesystemType::fat32;
    const base::Uuid& uuid = partition.filesystem->uuid;
    return "UUID=" + (is_fat ? fat_serial(uuid) : uuid.to_string());
  }
  case MountIdentifier::part_uuid:
    return "PARTUUID=" + partition.uuid.to_string();
  case MountIdentifier::part_label:
    return "PARTLABEL=" + partition.label;
  }
  throw base::BugError("unknown mount identifier");
}

std::string fat_serial(const base::Uuid& uuid) {
  return fmt::format("{:02X}{:02X}-{:02X}{:02X}", uuid.bytes[0], uuid.bytes[1], uuid.bytes[2],
                     uuid.bytes[3]);
}

} // namespace imagewright::model
