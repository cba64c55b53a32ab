// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/model/filesystem_type.hpp>
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

std::string kernel_label_source(const std::string& label) {
  // blkid_encode_string of util-linux, which udev makes its links with; labels are ASCII.
  constexpr std::string_view k_plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#+-.:=@_";
  std::string escaped;
  for (const char c : label) {
    if (k_plain.find(c) != std::string_view::npos) {
      escaped += c;
    } else {
      escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return escaped == label ? "PARTLABEL=" + label : "/dev/disk/by-partlabel/" + escaped;
}

std::string kernel_mount_source(const Partition& partition) {
  IMAGEWRIGHT_ASSERT(partition.filesystem.has_value());
  const bool is_by_label = partition.filesystem->verity_name.empty() &&
                           partition.filesystem->identifier == MountIdentifier::part_label;
  return is_by_label ? kernel_label_source(partition.label) : mount_source(partition);
}

std::string filesystem_label(FilesystemType type, const std::string& partition_label) {
  const std::size_t room = row_of(type).longest_label;
  // What FAT's directory entries cannot hold (Microsoft's FAT specification, section 6.1).
  const bool is_fit = type != FilesystemType::fat32 ||
                      partition_label.find_first_of("\"*+,./:;<=>?[\\]|") == std::string::npos;
  return is_fit && partition_label.size() <= room ? partition_label : "";
}

std::string fat_serial(const base::Uuid& uuid) {
  return fmt::format("{:02X}{:02X}-{:02X}{:02X}", uuid.bytes[0], uuid.bytes[1], uuid.bytes[2],
                     uuid.bytes[3]);
}

} // namespace imagewright::model
