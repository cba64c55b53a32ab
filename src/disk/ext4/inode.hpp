// SPDX-License-Identifier: MIT
#pragma once

// Inodes as the filesystem stores them.

#include <cstdint>

#include <imagewright/base/epoch.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "disk/ext4/extents.hpp"
#include "disk/ext4/handle.hpp"

namespace imagewright::disk {

/// The flags that users set with chattr(1) and that say nothing about where content is: s, u, S, i,
/// a, d, A, j, D, T.
constexpr std::uint32_t k_ext4_kept_flags =
    EXT2_SECRM_FL | EXT2_UNRM_FL | EXT2_SYNC_FL | EXT2_IMMUTABLE_FL | EXT2_APPEND_FL |
    EXT2_NODUMP_FL | EXT2_NOATIME_FL | EXT3_JOURNAL_DATA_FL | EXT2_DIRSYNC_FL | EXT2_TOPDIR_FL;

/// Flags of what is more than its content, and would be less on another filesystem: encrypted,
/// under fs-verity, with names in which letters have no case.
constexpr std::uint32_t k_ext4_bound_flags = EXT4_ENCRYPT_FL | EXT4_VERITY_FL | EXT4_CASEFOLD_FL;

/// What the filesystem adds to an inode of the tree.
struct InodePlacement {
  std::uint32_t number = 0;
  std::uint32_t link_count = 1;
  std::uint64_t size = 0;
  std::uint64_t block_count = 0; ///< data and extent nodes
  std::uint32_t flags = 0;       ///< EXT4_EXTENTS_FL, EXT4_INDEX_FL
  InodeBlocks blocks{};
};

/// Writes the inode with its attributes. Change and birth times are the epoch.
/// Throws base::Error (disk.attribute-too-large).
void write_inode(const Ext4Handle& fs, const tree::Inode& inode, const InodePlacement& placement,
                 base::Epoch epoch);

/// How many blocks outside the inode the attributes may need: 0 or 1.
std::uint64_t attribute_blocks(const tree::Inode& inode, std::uint32_t inode_size);

/// Old inodes, of 128 bytes, count the seconds in 32 bits. What is less than a second they leave
/// out, as a kernel does.
bool can_store_time(base::Epoch time, std::uint32_t inode_size);

/// i_block of a device node.
InodeBlocks device_blocks(const tree::DeviceNumber& device);

} // namespace imagewright::disk
