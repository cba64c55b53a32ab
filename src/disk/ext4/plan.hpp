// SPDX-License-Identifier: MIT
#pragma once

// What a tree needs as an ext4 filesystem, found out before anything is written.

#include <cstdint>
#include <vector>

#include <imagewright/base/epoch.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "disk/ext4/directory.hpp"
#include "disk/ext4/format.hpp"
#include "disk/filesystem.hpp"

namespace imagewright::disk {

/// The numbers of a tree's inodes in the filesystem, and its directories.
struct Ext4Plan {
  Ext4Parameters parameters;
  std::vector<std::uint32_t> inode_numbers; ///< by the tree's inode
  /// In the order of the tree; the root first. lost+found is among them.
  std::vector<DirectoryContent> directories;
  /// The tree's inode of each directory; a missing lost+found has none.
  std::vector<std::ptrdiff_t> directory_inodes;
};

/// lost+found has so many blocks, as mke2fs makes it: 16 KiB, or what needs no indirect block.
std::size_t lost_and_found_blocks(std::uint32_t block_size);

/// Throws base::Error (disk.content-too-large, disk.feature-unsupported, disk.name-unsupported).
Ext4Plan plan_ext4(const model::Partition& partition, const tree::RootTree& tree,
                   base::Epoch epoch);

/// The same for a filesystem of which everything but the content is decided.
Ext4Plan plan_ext4(const Ext4Parameters& parameters, const FilesystemPlace& place,
                   const tree::RootTree& tree);

} // namespace imagewright::disk
