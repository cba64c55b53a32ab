// SPDX-License-Identifier: MIT
#pragma once

// The geometry of a disk: partitions and filesystems, with every identifier decided.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/uuid.hpp>

namespace imagewright::model {

enum class FilesystemType : std::uint8_t { ext4, fat32, xfs, btrfs, swap, squashfs };

/// "ext4", "vfat" (for FAT32), …: the word that mount(8) and fstab use.
std::string mount_type_of(FilesystemType type);

/// How fstab and the kernel command line name a filesystem.
enum class MountIdentifier : std::uint8_t { uuid, part_uuid, part_label };

/// A filesystem to be made on a partition.
struct Filesystem {
  FilesystemType type = FilesystemType::ext4;
  /// For FAT the first four bytes are the volume serial number.
  base::Uuid uuid;
  std::string label;
  /// ext4 feature words as mke2fs knows them; from the release profile.
  std::vector<std::string> features;
  std::string mount_point;   ///< absolute; empty: not mounted
  std::string mount_options; ///< empty: "defaults"
  MountIdentifier identifier = MountIdentifier::uuid;
  /// "root": it is mounted from /dev/mapper/root, which verifies what the partition holds; empty:
  /// from the partition itself.
  std::string verity_name;

  bool operator==(const Filesystem&) const = default;
};

/// One GPT partition.
struct Partition {
  std::string id;    ///< the config's name for it
  std::string label; ///< GPT partition name
  base::Uuid type;
  base::Uuid uuid;
  base::ByteSize start;
  base::ByteSize size;
  std::optional<Filesystem> filesystem;

  bool operator==(const Partition&) const = default;
};

/// Verification of one partition's content by dm-verity.
struct VerityDevice {
  std::string name;           ///< "root" or "usr": /dev/mapper/NAME
  std::string data_partition; ///< id
  std::string hash_partition; ///< id of the partition that takes superblock and hash tree
  base::Uuid uuid;            ///< of the superblock
  std::string salt;           ///< bytes
  std::string options;        ///< of systemd-veritysetup: "panic-on-corruption"; may be empty
  /// How the kernel command line names the two partitions.
  MountIdentifier data_identifier = MountIdentifier::part_uuid;
  MountIdentifier hash_identifier = MountIdentifier::part_uuid;

  bool operator==(const VerityDevice&) const = default;
};

/// A whole disk, in disk order. Every offset and size is a multiple of 1 MiB.
struct DiskLayout {
  base::Uuid uuid;
  base::ByteSize size;
  std::vector<Partition> partitions;
  std::vector<VerityDevice> verity;

  bool operator==(const DiskLayout&) const = default;

  /// The partition whose filesystem is mounted at exactly this path, or null.
  const Partition* find_mount(const std::string& mount_point) const;
  /// The partition with that id, or null.
  const Partition* find_partition(const std::string& id) const;
};

/// What identifies the filesystem of this partition in fstab or in root=: "UUID=…", "PARTUUID=…",
/// "PARTLABEL=…", or "/dev/mapper/root" behind a verity device.
std::string mount_source(const Partition& partition);

/// As the kernel command line names it. Labels with characters that would need quotes there are
/// given as the link that udev makes, with its escapes.
std::string kernel_mount_source(const Partition& partition);

/// How the kernel command line names the partition with this label.
std::string kernel_label_source(const std::string& label);

/// The label of a partition as the label of the filesystem on it; empty where the filesystem has no
/// room for it.
std::string filesystem_label(FilesystemType type, const std::string& partition_label);

/// The four-byte volume serial number of FAT that a UUID stands for, as fstab writes it:
/// "1A2B-3C4D".
std::string fat_serial(const base::Uuid& uuid);

} // namespace imagewright::model
