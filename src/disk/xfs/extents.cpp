// SPDX-License-Identifier: MIT
#include "disk/xfs/inode.hpp"

namespace imagewright::disk {

namespace {

using base::big_endian::get;

constexpr std::size_t k_record = 16;
constexpr std::size_t k_pointer = 8;
constexpr std::uint32_t k_tree_magic = 0x424D4133; // "BMA3"
constexpr std::size_t k_tree_header = k_xfs_extent_block.header_size;
constexpr unsigned k_most_levels = 9;

/// "XFS Algorithms & Data Structures", section "Extent List": a flag, 54 bits of offset, 52 bits of
/// block, 21 bits of count.
XfsExtent extent_at(std::span<const std::byte> bytes, std::size_t offset) {
  const auto high = get<std::uint64_t>(bytes, offset);
  const auto low = get<std::uint64_t>(bytes, offset + 8);
  return {.offset = high << 1U >> 10U,
          .block = (high & 0x1FFU) << 43U | low >> 21U,
          .count = low & 0x1FFFFFU,
          .is_unwritten = high >> 63U != 0};
}

class ExtentWalk {
public:
  ExtentWalk(const XfsVolume& volume, std::uint64_t owner, std::uint64_t expected)
      : volume_(volume), owner_(owner), expected_(expected) {}

  void add_records(std::span<const std::byte> bytes, std::size_t count) {
    if (count > bytes.size() / k_record) throw_corrupt_xfs("a list of extents is cut off");
    for (std::size_t index = 0; index < count; ++index)
      add(extent_at(bytes, index * k_record));
  }

  /// The children of one block. Names of blocks stand behind all the room that their keys could
  /// take.
  void add_children(std::span<const std::byte> bytes, std::size_t count, unsigned level) {
    const std::size_t room = bytes.size() / k_record;
    if (count == 0 || count > room) throw_corrupt_xfs("a tree of extents contradicts itself");
    for (std::size_t index = 0; index < count; ++index)
      add_block(get<std::uint64_t>(bytes, room * k_pointer + index * k_pointer), level - 1);
  }

  std::vector<XfsExtent> take() {
    if (extents_.size() != expected_) throw_corrupt_xfs("an inode counts its extents wrongly");
    return std::move(extents_);
  }

private:
  void add(const XfsExtent& extent) {
    if (extent.count == 0 || extent.offset < free_from_ || extents_.size() == expected_)
      throw_corrupt_xfs("the blocks of a file are out of order");
    volume_.place_of(extent.block, extent.count);
    free_from_ = extent.offset + extent.count;
    extents_.push_back(extent);
  }

  void add_block(std::uint64_t block, unsigned level) {
    const Bytes bytes = volume_.read_block(k_xfs_extent_block, block, 1, owner_);
    const std::size_t count = get<std::uint16_t>(bytes, 6);
    // A leaf without a record would let one block stand in a tree any number of times.
    if (get<std::uint32_t>(bytes, 0) != k_tree_magic || get<std::uint16_t>(bytes, 4) != level ||
        count == 0)
      throw_corrupt_xfs("a tree of extents contradicts itself");
    const auto content = std::span(bytes).subspan(k_tree_header);
    if (level == 0) return add_records(content, count);
    add_children(content, count, level);
  }

  const XfsVolume& volume_;
  std::uint64_t owner_;
  std::uint64_t expected_;
  std::uint64_t free_from_ = 0;
  std::vector<XfsExtent> extents_;
};

} // namespace

std::vector<XfsExtent> xfs_extents(const XfsVolume& volume, const XfsInode& inode,
                                   const XfsFork& fork) {
  ExtentWalk walk(volume, inode.number, fork.extent_count);
  const std::span<const std::byte> bytes(fork.bytes);
  if (fork.format == XfsForkFormat::extents) {
    walk.add_records(bytes, fork.extent_count);
  } else if (fork.format == XfsForkFormat::tree && bytes.size() > 4) {
    const unsigned level = get<std::uint16_t>(bytes, 0);
    if (level == 0 || level > k_most_levels) throw_corrupt_xfs("a tree of extents is too high");
    walk.add_children(bytes.subspan(4), get<std::uint16_t>(bytes, 2), level);
  } else {
    throw_corrupt_xfs("an inode has its content in a form that does not fit its type");
  }
  return walk.take();
}

} // namespace imagewright::disk
