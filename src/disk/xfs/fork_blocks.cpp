// SPDX-License-Identifier: MIT
#include "disk/xfs/fork_blocks.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace imagewright::disk {

using base::big_endian::get;

XfsForkBlocks::XfsForkBlocks(const XfsVolume& volume, const XfsInode& inode, const XfsFork& fork)
    : volume_(volume), owner_(inode.number), extents_(xfs_extents(volume, inode, fork)) {
  std::uint64_t blocks = 0;
  for (const XfsExtent& extent : extents_) {
    blocks += extent.count;
    if (extent.is_unwritten || blocks > volume.shape().block_count)
      throw_corrupt_xfs("an inode has blocks that it cannot have");
  }
}

std::uint64_t XfsForkBlocks::place_of(std::uint64_t offset) const {
  const auto after = std::ranges::upper_bound(extents_, offset, {}, &XfsExtent::offset);
  if (after == extents_.begin()) throw_corrupt_xfs("a block of an inode is in a hole");
  const XfsExtent& extent = *std::prev(after);
  if (offset - extent.offset >= extent.count) throw_corrupt_xfs("a block of an inode is in a hole");
  return volume_.place_of(extent.block + (offset - extent.offset), 1);
}

Bytes XfsForkBlocks::read(const XfsBlockForm& form, std::uint64_t offset,
                          std::uint64_t count) const {
  const std::size_t size = volume_.shape().block_size;
  Bytes bytes(count * size);
  for (std::uint64_t index = 0; index < count; ++index)
    volume_.source().read(place_of(offset + index), std::span(bytes).subspan(index * size, size));
  volume_.check_block(form, bytes, place_of(offset), owner_);
  return bytes;
}

std::string XfsForkBlocks::read_text(const XfsLongText& text) const {
  const std::size_t room = volume_.shape().block_size - k_xfs_remote_block.header_size;
  std::string content;
  for (std::uint64_t offset = text.offset; content.size() < text.length; ++offset) {
    const Bytes block = read(k_xfs_remote_block, offset);
    const std::size_t part = std::min(room, text.length - content.size());
    if (get<std::uint32_t>(block, 0) != text.magic ||
        get<std::uint32_t>(block, 4) != content.size() || get<std::uint32_t>(block, 8) != part)
      throw_corrupt_xfs(fmt::format("{} contradicts itself", text.name));
    content += as_text(std::span(block).subspan(k_xfs_remote_block.header_size, part));
  }
  return content;
}

} // namespace imagewright::disk
