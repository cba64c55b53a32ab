// SPDX-License-Identifier: MIT
#pragma once

// Blocks of version 5, which say what they are, where they are, and whose ("XFS Algorithms & Data
// Structures", chapter "Self-Describing Metadata").

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <imagewright/base/byte_order.hpp>

namespace imagewright::disk {

using base::as_text;
using base::Bytes;

/// Where a kind of block has what it says of itself, in bytes from its start.
struct XfsBlockForm {
  const char* name; ///< for messages
  std::size_t checksum_offset = 0;
  std::size_t place_offset = 0;
  std::size_t uuid_offset = 0;
  std::size_t owner_offset = 0;
  std::size_t header_size = 0;
};

/// A node or a leaf of the tree that holds the extents of a fork.
inline constexpr XfsBlockForm k_xfs_extent_block{"a block of extents", 64, 24, 40, 56, 72};
/// A block of a directory that holds names.
inline constexpr XfsBlockForm k_xfs_directory_block{"a block of a directory", 4, 8, 24, 40, 64};
/// A leaf of extended attributes, or a node above such leaves.
inline constexpr XfsBlockForm k_xfs_attribute_block{
    "a block of extended attributes", 12, 16, 32, 48, 64};
/// The value of an extended attribute, or the target of a symbolic link, outside of the inode.
inline constexpr XfsBlockForm k_xfs_remote_block{"a block of a long text", 12, 40, 16, 32, 56};

/// The sum of a structure whose own field counts as zeros. Throws base::Error
/// (disk.corrupt-filesystem), naming `what`.
void check_xfs_checksum(std::span<const std::byte> bytes, std::size_t offset,
                        const std::string& what);

} // namespace imagewright::disk
