// SPDX-License-Identifier: MIT
#pragma once

// The storage section of a config as the user wrote it: sizes may be missing, types are words. The
// geometry with every offset decided is DiskLayout (layout.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/located.hpp>

namespace imagewright::model {

enum class BootType : std::uint8_t { efi, legacy };

enum class ReinitializeVerity : std::uint8_t { none, all };

/// What a partition is for. Some of them have a GPT type per architecture
/// (Architecture::partition_types).
enum class PartitionKind : std::uint8_t {
  linux_generic, ///< also when the config gives no type
  esp,
  bios_grub,
  home,
  root,
  root_verity,
  srv,
  swap,
  tmp,
  usr,
  usr_verity,
  var,
  xbootldr,
  other, ///< PartitionConfig::other_type says which
};

/// Where a filesystem is mounted.
struct MountPointConfig {
  std::string path;                                   ///< absolute
  std::optional<Located<MountIdentifier>> identifier; ///< absent: by partition UUID
  std::string options; ///< of mount(8), separated by commas; may be empty
  base::SourceLocation where;

  bool operator==(const MountPointConfig&) const = default;
};

/// One partition, in disk order. `end` and `size` exclude each other.
struct PartitionConfig {
  std::string id; ///< may be empty when nothing refers to it
  LocatedText label;
  std::optional<Located<base::ByteSize>>
      start; ///< absent: 1 MiB for the first, else where the previous one ends
  std::optional<Located<base::ByteSize>> end; ///< exclusive
  std::optional<Located<base::ByteSize>> size;
  /// Takes what is left of the disk: `size: grow`, or neither `end` nor `size`. Only the last
  /// partition.
  bool grows = false;
  PartitionKind kind = PartitionKind::linux_generic;
  std::optional<base::Uuid> other_type; ///< the GPT type, for PartitionKind::other only
  base::SourceLocation where;

  bool operator==(const PartitionConfig&) const = default;
};

struct DiskConfig {
  /// Absent: the end of the last partition and 1 MiB for the backup partition table.
  std::optional<Located<base::ByteSize>> max_size;
  std::vector<PartitionConfig> partitions;
  base::SourceLocation where;

  bool operator==(const DiskConfig&) const = default;
};

struct BtrfsSubvolume {
  std::string path; ///< relative to the top of the filesystem
  std::optional<MountPointConfig> mount_point;
  std::optional<base::ByteSize> referenced_limit;
  std::optional<base::ByteSize> exclusive_limit;
  base::SourceLocation where;

  bool operator==(const BtrfsSubvolume&) const = default;
};

struct FilesystemConfig {
  LocatedText device_id;                       ///< of a partition or of a verity device
  std::optional<Located<FilesystemType>> type; ///< absent: nothing is made on the partition
  std::optional<MountPointConfig> mount_point;
  std::vector<BtrfsSubvolume> subvolumes;
  base::SourceLocation where;

  bool operator==(const FilesystemConfig&) const = default;
};

enum class VerityCorruption : std::uint8_t { io_error, ignore, panic, restart };

/// A partition that exists already in the image that is customized, found by its GPT label.
struct ExistingPartition {
  std::string label;
  base::SourceLocation where;

  bool operator==(const ExistingPartition&) const = default;
};

/// A dm-verity device. Data and hash are named either by id (partitions of this config) or as
/// existing partitions.
struct VerityConfig {
  std::string id;
  LocatedText name; ///< "root" or "usr"
  std::optional<LocatedText> data_device_id;
  std::optional<LocatedText>
      hash_device_id; ///< equal to data_device_id: the hash tree follows the data on one partition
  std::optional<ExistingPartition> data_device;
  std::optional<ExistingPartition> hash_device;
  std::optional<MountIdentifier> data_device_identifier; ///< absent: by partition UUID
  std::optional<MountIdentifier> hash_device_identifier;
  VerityCorruption corruption = VerityCorruption::io_error;
  std::optional<LocatedText> hash_signature_path; ///< absolute, under /boot
  base::SourceLocation where;

  bool operator==(const VerityConfig&) const = default;
};

/// A partition of the image that is customized, found by its GPT label, and its new size.
struct GrownPartition {
  LocatedText label;
  base::ByteSize size;
  base::SourceLocation where;

  bool operator==(const GrownPartition&) const = default;
};

/// Everything under `storage`.
struct StorageConfig {
  std::optional<Located<BootType>> boot_type;
  /// Where `resetPartitionsUuidsType: reset-all` stands; absent: identifiers of an existing image
  /// are kept.
  std::optional<base::SourceLocation> reset_partition_uuids;
  std::optional<Located<ReinitializeVerity>> reinitialize_verity;
  std::optional<DiskConfig> disk;
  std::vector<FilesystemConfig> filesystems;
  std::vector<VerityConfig> verity;
  std::vector<GrownPartition> grow;
  /// Fits the last partition to its content plus `free_space`; the disk becomes as large as that
  /// needs.
  bool fits_content = false;
  base::ByteSize free_space;
  base::SourceLocation where;

  bool operator==(const StorageConfig&) const = default;
};

} // namespace imagewright::model
