// SPDX-License-Identifier: MIT
#include "disk/ext4/block_map.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <imagewright/base/error.hpp>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::size_t k_number_size = sizeof(std::uint32_t);

/// How many numbers a block of them holds.
std::uint64_t numbers_in(std::uint32_t block_size) {
  return block_size / k_number_size;
}

/// The inode has one number for each depth of blocks of numbers, after those of its first blocks.
constexpr std::array<std::size_t, 3> k_roots = {EXT2_IND_BLOCK, EXT2_DIND_BLOCK, EXT2_TIND_BLOCK};

class MapBuilder {
public:
  MapBuilder(Ext4Allocator& allocator, std::uint32_t block_size)
      : allocator_(allocator), block_size_(block_size) {}

  void add(std::uint64_t logical, std::uint64_t physical) {
    if (logical < EXT2_NDIR_BLOCKS) {
      set(map_.root, logical, physical);
      return;
    }
    logical -= EXT2_NDIR_BLOCKS;
    std::uint64_t reach = numbers_in(block_size_);
    std::size_t depth = 1;
    while (logical >= reach) {
      logical -= reach;
      reach *= numbers_in(block_size_);
      ++depth;
      IMAGEWRIGHT_ASSERT(depth <= k_roots.size());
    }
    // The same number for all that one block of numbers of the lowest depth leads to.
    std::span<std::byte> numbers = map_.root;
    std::size_t index = k_roots.at(depth - 1);
    for (std::size_t level = depth; level > 0; --level) {
      numbers = below(numbers, index);
      reach /= numbers_in(block_size_);
      index = static_cast<std::size_t>(logical / reach);
      logical %= reach;
    }
    set(numbers, index, physical);
  }

  ExtentTree finish() { return std::move(map_); }

private:
  static void set(std::span<std::byte> numbers, std::uint64_t index, std::uint64_t block) {
    IMAGEWRIGHT_ASSERT(block <= UINT32_MAX);
    put(numbers, static_cast<std::size_t>(index) * k_number_size,
        static_cast<std::uint32_t>(block));
  }

  /// The block of numbers to which a number leads, made when there is none.
  std::span<std::byte> below(std::span<std::byte> numbers, std::size_t index) {
    const auto block = get<std::uint32_t>(numbers, index * k_number_size);
    if (block != 0) return map_.nodes[places_.at(block)].bytes;
    const std::uint64_t made = allocator_.allocate_one();
    set(numbers, index, made);
    places_.emplace(made, map_.nodes.size());
    // Bytes of nodes stay where they are when the list of nodes moves.
    map_.nodes.push_back({made, Bytes(block_size_)});
    return map_.nodes.back().bytes;
  }

  Ext4Allocator& allocator_;
  std::uint32_t block_size_;
  ExtentTree map_;
  std::map<std::uint64_t, std::size_t> places_; ///< in the list of nodes, by block
};

} // namespace

std::uint64_t most_mapped_blocks(std::uint32_t block_size) {
  const std::uint64_t numbers = numbers_in(block_size);
  return EXT2_NDIR_BLOCKS + numbers + numbers * numbers + numbers * numbers * numbers;
}

std::uint64_t most_map_blocks(std::uint64_t data, std::uint64_t end, std::uint32_t block_size) {
  const std::uint64_t numbers = numbers_in(block_size);
  if (end <= EXT2_NDIR_BLOCKS) return 0;
  std::uint64_t blocks = 0;
  std::uint64_t reach = numbers;
  // Each depth has a block of numbers for every so many blocks of the file, and one that is cut.
  for (std::size_t depth = 1; depth <= k_roots.size(); ++depth) {
    blocks += std::min(data, end / reach + 1);
    if (end - EXT2_NDIR_BLOCKS <= reach) break;
    reach *= numbers;
  }
  return blocks;
}

ExtentTree make_block_map(const std::vector<FileExtent>& extents, Ext4Allocator& allocator,
                          std::uint32_t block_size) {
  MapBuilder builder(allocator, block_size);
  for (const FileExtent& extent : extents) {
    for (std::uint32_t block = 0; block < extent.count; ++block)
      builder.add(std::uint64_t{extent.logical} + block, extent.physical + block);
  }
  return builder.finish();
}

void write_map_blocks(const Ext4Handle& fs, const std::vector<ExtentNode>& nodes) {
  for (const ExtentNode& node : nodes) {
    fs.check(io_channel_write_blk64(fs->io, node.block, 1, node.bytes.data()),
             "write the map of a file's blocks");
  }
}

} // namespace imagewright::disk
