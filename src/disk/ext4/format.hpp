// SPDX-License-Identifier: MIT
#pragma once

// An empty ext4 filesystem, as mke2fs would make it, without anything that depends on time or
// chance.

#include <cstdint>
#include <optional>
#include <string>

#include <imagewright/base/epoch.hpp>
#include <imagewright/base/uuid.hpp>

#include "disk/ext4/features.hpp"
#include "disk/ext4/handle.hpp"

namespace imagewright::disk {

/// What a filesystem that exists has beside its content, and keeps when that is written anew.
struct Ext4Identity {
  ext2_super_block super;           ///< as it stands there
  std::uint64_t journal_blocks = 0; ///< 0: no journal
};

/// New filesystems have inodes of this size.
constexpr std::uint16_t k_ext4_inode_size = 256;

struct Ext4Parameters {
  std::uint32_t block_size = k_ext4_block_size; ///< 1024, 2048 or 4096
  std::uint64_t block_count = 0;
  std::uint16_t inode_size = k_ext4_inode_size; ///< a power of two from 128 on
  std::uint32_t inode_count = 0;
  Ext4Features features;
  base::Uuid uuid;
  std::string label;
  base::Epoch epoch;
  /// Absent: as mke2fs would choose.
  std::optional<Ext4Identity> identity = {};
};

/// Inode numbers that mke2fs gives as well.
constexpr std::uint32_t k_lost_and_found_inode = 11;

/// Tables, resize inode, journal and orphan file. Root and lost+found have their numbers and no
/// content yet.
Ext4Handle format_ext4(BlockDevice& device, const Ext4Parameters& parameters);

/// The inode count that mke2fs would choose for a filesystem of so many usual blocks.
std::uint32_t usual_inode_count(std::uint64_t block_count);

} // namespace imagewright::disk
