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

const XfsExtent& XfsForkBlocks::extent_at(std::uint64_t offset) const {
  const auto after = std::ranges::upper_bound(extents_, offset, {}, &XfsExtent::offset);
  if (after == extents_.begin()) throw_corrupt_xfs("a block of an inode is in a hole");
  const XfsExtent& extent = *std::prev(after);
  if (offset - extent.offset >= extent.count) throw_corrupt_xfs("a block of an inode is in a hole");
  return extent;
}

std::uint64_t XfsForkBlocks::place_of(std::uint64_t offset) const {
  const XfsExtent& extent = extent_at(offset);
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
  const std::size_t size = volume_.shape().block_size;
  const std::size_t head = k_xfs_remote_block.header_size;
  // As many as it was given, each with room for a head.
  const std::uint64_t end = text.offset + (text.length + size - head - 1) / (size - head);
  std::string content;
  for (std::uint64_t offset = text.offset; content.size() < text.length;) {
    std::uint64_t count = 1;
    if (text.parts == XfsTextParts::runs) {
      const XfsExtent& extent = extent_at(offset);
      count = std::min(extent.offset + extent.count, end) - offset;
    }
    const Bytes run = read(k_xfs_remote_block, offset, count);
    const std::size_t part = std::min(count * size - head, text.length - content.size());
    if (get<std::uint32_t>(run, 0) != text.magic || get<std::uint32_t>(run, 4) != content.size() ||
        get<std::uint32_t>(run, 8) != part)
      throw_corrupt_xfs(fmt::format("{} contradicts itself", text.name));
    content += as_text(std::span(run).subspan(head, part));
    offset += count;
  }
  return content;
}

} // namespace imagewright::disk
