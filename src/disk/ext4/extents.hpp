// SPDX-License-Identifier: MIT
#pragma once

// Where the blocks of a file are: the tree of extents (Linux documentation,
// filesystems/ext4/ifork.rst).

#include <array>
#include <cstdint>
#include <vector>

#include "disk/ext4/allocator.hpp"
#include "disk/ext4/handle.hpp"

namespace imagewright::disk {

/// Blocks of a file from `logical` on are those of the filesystem from `physical` on.
struct FileExtent {
  std::uint32_t logical = 0;
  std::uint64_t physical = 0;
  std::uint32_t count = 0;

  bool operator==(const FileExtent&) const = default;
};

/// Adds a run at the end of a file's extents, joining neighbours as far as the format allows.
void append_run(std::vector<FileExtent>& extents, std::uint64_t logical, BlockRun run);

/// The field i_block of an inode.
using InodeBlocks = std::array<std::byte, 60>;

/// A node of the tree, or of a map of blocks, outside the inode.
struct ExtentNode {
  std::uint64_t block = 0;
  std::vector<std::byte> bytes;
};

struct ExtentTree {
  InodeBlocks root{};
  std::vector<ExtentNode> nodes;
};

/// Takes blocks for nodes from `allocator`.
ExtentTree make_extent_tree(const std::vector<FileExtent>& extents, Ext4Allocator& allocator,
                            std::uint32_t block_size);
/// How many nodes a file with so many extents has outside its inode.
std::uint64_t extent_node_count(std::uint64_t extent_count, std::uint32_t block_size);
/// Writes the nodes, each with the checksum that belongs to the inode.
void write_extent_nodes(const Ext4Handle& fs, std::uint32_t inode, std::vector<ExtentNode> nodes);

} // namespace imagewright::disk
