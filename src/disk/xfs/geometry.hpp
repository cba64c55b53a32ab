// SPDX-License-Identifier: MIT
#pragma once

// What the superblock of an XFS filesystem says ("XFS Algorithms & Data Structures", chapter
// "Superblocks"; version 5).

#include <cstdint>
#include <string>

#include <imagewright/base/uuid.hpp>
#include <imagewright/fs/byte_source.hpp>

namespace imagewright::disk {

/// Throws base::Error (disk.corrupt-filesystem).
[[noreturn]] void throw_corrupt_xfs(const std::string& what);

struct XfsGeometry {
  std::uint32_t block_size = 0;           ///< bytes
  std::uint32_t directory_block_size = 0; ///< bytes; at least a block
  std::uint32_t inode_size = 0;           ///< bytes
  std::uint32_t group_blocks = 0;         ///< of an allocation group; the last may have fewer
  std::uint32_t group_count = 0;
  unsigned group_block_bits = 0;     ///< how many bits of a block's number count within its group
  unsigned inodes_in_block_bits = 0; ///< how many bits of an inode's number count within its block
  std::uint64_t block_count = 0;
  std::uint64_t free_blocks = 0;
  std::uint64_t root_inode = 0;
  std::uint64_t log_block = 0; ///< the number of the log's first block
  std::uint32_t log_blocks = 0;
  base::Uuid uuid;          ///< the one that fstab names
  base::Uuid metadata_uuid; ///< the one in every block
  std::string label;
  bool has_file_types = false; ///< directories say what each name is
};

/// Reads it from the first bytes of `source`, and holds it against the size. Throws base::Error
/// (disk.corrupt-filesystem, disk.feature-unsupported).
XfsGeometry read_xfs_geometry(const fs::ByteSource& source);

} // namespace imagewright::disk
