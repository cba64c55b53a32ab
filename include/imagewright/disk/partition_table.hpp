// SPDX-License-Identifier: MIT
#pragma once

// Reads a GUID partition table, trusting nothing in it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/fs/byte_source.hpp>
#include <imagewright/model/layout.hpp>

namespace imagewright::disk {

struct PartitionEntry {
  std::uint32_t number = 0; ///< from 1, as the kernel counts
  base::Uuid type;
  base::Uuid uuid;
  std::string label; ///< UTF-8
  std::uint64_t attributes = 0;
  base::ByteSize start;
  base::ByteSize size;

  /// For people and as a key: the label, or "#2" when there is none.
  std::string name() const;
  /// Whether it is called so, or the filesystem in it is, if it has one. Identifiers have no case.
  bool has_name(model::MountIdentifier kind, const std::string& text,
                const std::optional<std::string>& filesystem_uuid) const;

  bool operator==(const PartitionEntry&) const = default;
};

struct PartitionTable {
  base::Uuid disk_uuid;
  std::vector<PartitionEntry> partitions = {}; ///< in the order of their numbers
  std::uint32_t sector_size = 512;             ///< in which the table counts
  /// What is wrong with the copy at the start of the disk, when the backup was read; empty:
  /// nothing.
  std::string complaint = {};

  bool operator==(const PartitionTable&) const = default;
};

/// One partition of a disk as bytes of its own.
class PartitionSource final : public fs::ByteSource {
public:
  /// `disk` must outlive it. `partition` comes from the disk's table, and so is inside.
  PartitionSource(const fs::ByteSource& disk, const PartitionEntry& partition)
      : disk_(disk), start_(partition.start.bytes()), size_(partition.size.bytes()) {}

  std::uint64_t size() const override { return size_; }
  /// Throws base::Error (disk.read-beyond-end) when the range is not inside the partition.
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override;

private:
  const fs::ByteSource& disk_;
  std::uint64_t start_;
  std::uint64_t size_;
};

/// For sectors of 512 and of 4096 bytes; the backup counts when the first copy is damaged. Throws
/// base::Error (disk.no-partition-table, disk.corrupt-partition-table).
PartitionTable read_partition_table(const fs::ByteSource& disk);

/// Throws base::Error (disk.corrupt-partition-table) when the disk was cut off: the copy of its
/// table at the start is whole, and has a partition beyond the end. A disk without such a copy
/// passes.
void require_whole_partitions(const fs::ByteSource& disk);

/// Gives partitions of a disk in an open file other identifiers, by their numbers, in each copy of
/// the table that is whole. Throws base::Error (fs.cannot-write).
void set_partition_identifiers(int fd, std::uint64_t disk_size, const std::string& name,
                               const std::map<std::uint32_t, base::Uuid>& identifiers);

/// A partition of a table that is written.
struct NewPartition {
  base::Uuid type;
  base::Uuid uuid;
  base::ByteSize start; ///< whole sectors of 512 bytes, as the size
  base::ByteSize size;
};

/// Writes both copies of a table, and the protective MBR, to an open file that has the disk's size.
/// There is room for 128 partitions, which are inside and do not overlap. Throws base::Error
/// (fs.cannot-write).
void write_new_table(int fd, std::uint64_t disk_size, const std::string& name,
                     const base::Uuid& disk_uuid, const std::vector<NewPartition>& partitions);

/// Where the copy of the table at the start of `source` is damaged and the backup in its last
/// sector is whole, writes it anew into an open file that is at least as large: without it no
/// kernel sees the partitions. Throws base::Error (fs.cannot-write).
void restore_first_table(int fd, const std::string& name, const fs::ByteSource& source);

/// Gives partitions other places, by their numbers, in the copy of the table at the start of the
/// disk, which counts in sectors of 512 bytes. Throws base::Error (fs.cannot-write).
void set_partition_places(int fd, std::uint64_t disk_size, const std::string& name,
                          const std::vector<PartitionEntry>& entries);

enum class MovedBackup : std::uint8_t {
  none,    ///< no partition table that knows where the disk ends
  moved,   ///< the backup stands at the new end
  damaged, ///< there is a table, but its copy at the start is not right: nothing was changed
};

/// After a disk in an open file grew from `old_size`: the backup moves to the new end; the headers
/// and the protective MBR say so. Throws base::Error (fs.cannot-read, fs.cannot-write).
[[nodiscard]] MovedBackup move_backup_table(int fd, std::uint64_t old_size, std::uint64_t disk_size,
                                            const std::string& name);

/// Where the table at the start of a disk in an open file is whole and the backup does not stand
/// whole in the last sector, as in images that were cut off, or made larger by others: it is
/// written there, behind the last partition. `old_size` and the rest as for move_backup_table.
/// Throws also base::Error (disk.corrupt-partition-table) where a partition is in its place.
void settle_backup_table(int fd, std::uint64_t old_size, std::uint64_t disk_size,
                         const std::string& name);

} // namespace imagewright::disk
