// SPDX-License-Identifier: MIT
#pragma once

// Where everything on a FAT volume goes, decided before anything is written.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/base/epoch.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "disk/fat/geometry.hpp"
#include "disk/fat/name.hpp"
#include "disk/filesystem.hpp"

namespace imagewright::disk {

/// A file or directory. Its clusters follow each other.
struct FatNode {
  FatName name;
  bool is_directory = false;
  std::size_t inode = 0; ///< of the tree
  std::size_t parent = 0;
  std::vector<std::size_t> children;
  std::uint32_t size = 0;          ///< of files
  std::uint32_t first_cluster = 0; ///< 0: none
  std::uint32_t cluster_count = 0;
};

struct FatPlan {
  FatGeometry geometry;
  std::uint32_t serial = 0;
  std::string label;
  base::Epoch epoch;
  std::uint64_t partition_start = 0; ///< in bytes
  std::vector<FatNode> nodes;        ///< the root first, parents before children
  std::uint32_t used_clusters = 0;
  /// Of a volume that is written anew: what stands before its first table. Else empty.
  std::vector<std::byte> reserved;
};

/// Throws base::Error (disk.content-too-large, disk.name-unsupported, disk.file-unsupported,
/// disk.layout-invalid).
FatPlan plan_fat(const model::Partition& partition, const tree::RootTree& tree, base::Epoch epoch);

/// What a volume is beside its content, for plan_fat_rewrite. Throws base::Error
/// (disk.corrupt-filesystem).
std::string fat_identity(const fs::ByteSource& original);

/// The same for a volume that exists, of which everything but the content stays. Throws also
/// base::Error (disk.rewrite-unsupported, disk.corrupt-filesystem).
FatPlan plan_fat_rewrite(const RewrittenFilesystem& request, const tree::RootTree& tree);

} // namespace imagewright::disk
