// SPDX-License-Identifier: MIT
#pragma once

// Where the partitions of a base stand on the disk that is made from it.

#include <cstdint>
#include <map>
#include <string>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/origin/base_image.hpp>

namespace imagewright::origin {

/// A stretch of the base's disk, and how far behind its place it stands on the new one.
struct Stretch {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t shift = 0;
};

class Places {
public:
  /// `layout` has the partitions of the base in their order on the disk; null: all stays where it
  /// is. Both must outlive this.
  Places(const BaseImage& base, const model::DiskLayout* layout);

  /// What the layout says of a partition; null: there is none.
  const model::Partition* find(const BasePartition& partition) const;
  disk::PartitionEntry entry_of(const BasePartition& partition) const;
  bool is_grown(const BasePartition& partition) const;
  base::ByteSize disk_size() const;
  /// The partitions of the base as they follow each other on the disk.
  const std::vector<const BasePartition*>& in_order() const { return in_order_; }
  /// In order, with everything that is kept: where something moves, what is behind the last
  /// partition is not.
  std::vector<Stretch> stretches() const;
  /// Makes the partition table say it. Throws base::Error (fs.cannot-write).
  void write_table(int file, const std::string& name) const;

private:
  bool is_any_moved() const { return disk_size() != base::ByteSize(base_.disk().size()); }

  const BaseImage& base_;
  const model::DiskLayout* layout_;
  std::vector<const BasePartition*> in_order_;
};

} // namespace imagewright::origin
