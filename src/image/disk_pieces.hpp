// SPDX-License-Identifier: MIT
#pragma once

// What the readers of formats have in common that store a disk in pieces of one size.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <imagewright/image/image_reader.hpp>

namespace imagewright::image {

/// Calls `read(piece, offset in the piece, part of the buffer)` for each piece that the range
/// touches.
template <typename Read>
void read_in_pieces(std::uint64_t offset, std::span<std::byte> buffer, std::uint64_t piece_size,
                    const Read& read) {
  while (!buffer.empty()) {
    const std::uint64_t within = offset % piece_size;
    const auto length = std::min<std::uint64_t>(buffer.size(), piece_size - within);
    read(offset / piece_size, within, buffer.first(length));
    buffer = buffer.subspan(length);
    offset += length;
  }
}

/// Can the file hold so many pieces, the last of which may be cut? Pieces that share their place
/// would let a small file claim an endless disk.
inline bool have_room(const fs::ByteSource& file, std::uint64_t count, std::uint64_t piece_size) {
  return count == 0 || (count - 1) <= file.size() / piece_size;
}

/// Whether two of these stretches of a file have something in common. A damaged entry of a table
/// mostly points into what another one points to, or into the tables themselves.
inline bool do_overlap(std::vector<DiskExtent> stretches) {
  std::ranges::sort(stretches, {}, &DiskExtent::offset);
  std::uint64_t free_from = 0;
  for (const DiskExtent& stretch : stretches) {
    if (stretch.offset < free_from) return true;
    free_from = stretch.offset + stretch.length;
  }
  return false;
}

/// Makes the last extent longer where the new one follows it at once.
inline void append_extent(std::vector<DiskExtent>& extents, const DiskExtent& extent) {
  if (!extents.empty() && extents.back().offset + extents.back().length == extent.offset) {
    extents.back().length += extent.length;
  } else {
    extents.push_back(extent);
  }
}

/// The same for extents with places.
inline void append_extent(std::vector<StoredExtent>& extents, const StoredExtent& extent) {
  if (extent.length == 0) return;
  if (!extents.empty()) {
    StoredExtent& last = extents.back();
    const bool is_same_form = last.place.has_value() == extent.place.has_value();
    const bool follows = last.offset + last.length == extent.offset && is_same_form &&
                         (!extent.place || *last.place + last.length == *extent.place);
    if (follows) {
      last.length += extent.length;
      return;
    }
  }
  extents.push_back(extent);
}

} // namespace imagewright::image
