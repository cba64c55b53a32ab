// SPDX-License-Identifier: MIT
#pragma once

// Geometry and content become a raw disk: partition table and filesystems are written straight into
// a file.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/report/reporter.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::disk {

/// What to write.
struct DiskRequest {
  const model::DiskLayout& layout;
  /// The whole root; each partition gets what is below its mount point. Late places that bear the
  /// name of a verity device get its root hash, everywhere but in verified partitions themselves.
  const tree::RootTree& tree;
  base::Epoch epoch;
  /// Files that are copied as they are to the start of a partition without a filesystem, by
  /// partition id.
  std::map<std::string, std::filesystem::path, std::less<>> partition_content = {};
  /// Code for the first 440 bytes of the disk (legacy boot); empty: none.
  std::string boot_code = {};
};

/// How full a partition became.
struct PartitionUse {
  std::string id;
  base::ByteSize size;
  base::ByteSize used; ///< by content and the filesystem's own tables
  std::uint64_t file_count = 0;

  bool operator==(const PartitionUse&) const = default;
};

/// What became of a disk.
struct WrittenDisk {
  std::vector<PartitionUse> partitions;
  model::RootHashes root_hashes;
};

/// Checks the whole request, then creates the file `raw` (which must not exist) and writes the
/// disk. What nothing was written to stays a hole. The same request gives the same bytes. On
/// failure the file is removed. Throws base::Error before anything is written when the content does
/// not fit (disk.content-too-large), a filesystem or feature is not supported
/// (disk.filesystem-unsupported, disk.feature-unsupported), or the layout or a file name is
/// impossible (disk.layout-invalid, disk.name-unsupported).
WrittenDisk write_disk(const DiskRequest& request, const std::filesystem::path& raw,
                       report::Reporter& reporter, const base::Cancellation& cancellation);

/// A disk that is one filesystem, without a partition table.
struct VolumeRequest {
  const model::Partition& partition; ///< its start counts as 0; it has a filesystem
  const tree::RootTree& tree;
  base::Epoch epoch;
};

/// As write_disk; the file is as long as the partition.
PartitionUse write_volume(const VolumeRequest& request, const std::filesystem::path& raw,
                          report::Reporter& reporter, const base::Cancellation& cancellation);

} // namespace imagewright::disk
