// SPDX-License-Identifier: MIT
#include "disk/ext4/extents.hpp"

#include <algorithm>

#include <ext2fs/ext3_extents.h>

#include <imagewright/base/error.hpp>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::size_t k_header_size = 12;
constexpr std::size_t k_entry_size = 12;
constexpr std::size_t k_root_capacity =
    (std::tuple_size_v<InodeBlocks> - k_header_size) / k_entry_size;
// What is left at the end of a node, four bytes at least, is its checksum.
std::size_t node_capacity(std::uint32_t block_size) {
  return (block_size - k_header_size) / k_entry_size;
}

void put_header(std::span<std::byte> node, std::size_t count, std::size_t capacity,
                std::uint16_t depth) {
  put(node, 0, std::uint16_t{EXT3_EXT_MAGIC});
  put(node, 2, static_cast<std::uint16_t>(count));
  put(node, 4, static_cast<std::uint16_t>(capacity));
  put(node, 6, depth);
}

// struct ext4_extent: logical block, length, high and low part of the physical block.
void put_leaf(std::span<std::byte> node, std::size_t index, const FileExtent& extent) {
  const std::size_t offset = k_header_size + index * k_entry_size;
  put(node, offset, extent.logical);
  put(node, offset + 4, static_cast<std::uint16_t>(extent.count));
  put(node, offset + 6, static_cast<std::uint16_t>(extent.physical >> 32U));
  put(node, offset + 8, static_cast<std::uint32_t>(extent.physical));
}

// struct ext4_extent_idx: logical block, low and high part of the node's block.
void put_index(std::span<std::byte> node, std::size_t index, const FileExtent& child) {
  const std::size_t offset = k_header_size + index * k_entry_size;
  put(node, offset, child.logical);
  put(node, offset + 4, static_cast<std::uint32_t>(child.physical));
  put(node, offset + 8, static_cast<std::uint16_t>(child.physical >> 32U));
}

void fill_node(std::span<std::byte> node, std::span<const FileExtent> entries, std::size_t capacity,
               std::uint16_t depth) {
  put_header(node, entries.size(), capacity, depth);
  for (std::size_t index = 0; index < entries.size(); ++index) {
    if (depth == 0) {
      put_leaf(node, index, entries[index]);
    } else {
      put_index(node, index, entries[index]);
    }
  }
}

} // namespace

void append_run(std::vector<FileExtent>& extents, std::uint64_t logical, BlockRun run) {
  while (run.count > 0) {
    const bool is_neighbour = !extents.empty() &&
                              extents.back().logical + extents.back().count == logical &&
                              extents.back().physical + extents.back().count == run.start &&
                              extents.back().count < EXT_INIT_MAX_LEN;
    if (!is_neighbour) extents.push_back({static_cast<std::uint32_t>(logical), run.start, 0});
    FileExtent& last = extents.back();
    const auto taken = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(run.count, EXT_INIT_MAX_LEN - last.count));
    last.count += taken;
    logical += taken;
    run.start += taken;
    run.count -= taken;
  }
}

ExtentTree make_extent_tree(const std::vector<FileExtent>& extents, Ext4Allocator& allocator,
                            std::uint32_t block_size) {
  const std::size_t capacity = node_capacity(block_size);
  ExtentTree tree;
  std::vector<FileExtent> level = extents;
  std::uint16_t depth = 0;
  while (level.size() > k_root_capacity) {
    std::vector<FileExtent> parents;
    for (std::size_t start = 0; start < level.size(); start += capacity) {
      const auto children =
          std::span(level).subspan(start, std::min(capacity, level.size() - start));
      ExtentNode node{allocator.allocate_one(), Bytes(block_size)};
      fill_node(node.bytes, children, capacity, depth);
      parents.push_back({children.front().logical, node.block, 0});
      tree.nodes.push_back(std::move(node));
    }
    level = std::move(parents);
    ++depth;
  }
  fill_node(tree.root, level, k_root_capacity, depth);
  return tree;
}

std::uint64_t extent_node_count(std::uint64_t extent_count, std::uint32_t block_size) {
  const std::size_t capacity = node_capacity(block_size);
  std::uint64_t nodes = 0;
  while (extent_count > k_root_capacity) {
    extent_count = (extent_count + capacity - 1) / capacity;
    nodes += extent_count;
  }
  return nodes;
}

void write_extent_nodes(const Ext4Handle& fs, std::uint32_t inode, std::vector<ExtentNode> nodes) {
  for (ExtentNode& node : nodes) {
    auto* header = reinterpret_cast<ext3_extent_header*>(node.bytes.data());
    fs.check(ext2fs_extent_block_csum_set(fs.get(), inode, header), "write an extent node");
    fs.check(io_channel_write_blk64(fs->io, node.block, 1, node.bytes.data()),
             "write an extent node");
  }
}

} // namespace imagewright::disk
