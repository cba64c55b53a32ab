// SPDX-License-Identifier: MIT
#pragma once

// Where the blocks of a file are on filesystems without extents, ext2 and ext3: numbers of blocks,
// some in the inode and the others in blocks of numbers (Linux documentation,
// filesystems/ext4/ifork.rst, "Direct/Indirect Block Addressing").

#include <cstdint>
#include <vector>

#include "disk/ext4/allocator.hpp"
#include "disk/ext4/extents.hpp"

namespace imagewright::disk {

/// No file has more.
std::uint64_t most_mapped_blocks(std::uint32_t block_size);
/// So many blocks of numbers a file may need that has `data` blocks within its first `end`.
std::uint64_t most_map_blocks(std::uint64_t data, std::uint64_t end, std::uint32_t block_size);

/// Takes blocks of numbers from `allocator`. The extents are in order, and within what a file can
/// have.
ExtentTree make_block_map(const std::vector<FileExtent>& extents, Ext4Allocator& allocator,
                          std::uint32_t block_size);
void write_map_blocks(const Ext4Handle& fs, const std::vector<ExtentNode>& nodes);

} // namespace imagewright::disk
