// SPDX-License-Identifier: MIT
#pragma once

// The blocks of an XFS filesystem by their numbers, checked against its size.

#include <cstdint>
#include <vector>

#include <imagewright/fs/byte_source.hpp>

#include "disk/xfs/block.hpp"
#include "disk/xfs/geometry.hpp"

namespace imagewright::disk {

/// Blocks that follow each other, in a fork and on the disk.
struct XfsExtent {
  std::uint64_t offset = 0; ///< in the fork, in blocks
  std::uint64_t block = 0;  ///< the number of the first
  std::uint64_t count = 0;
  bool is_unwritten = false; ///< reads as zeros
};

class XfsVolume {
public:
  /// `source` must outlive it. Throws base::Error (disk.corrupt-filesystem,
  /// disk.feature-unsupported).
  explicit XfsVolume(const fs::ByteSource& source)
      : source_(source), shape_(read_xfs_geometry(source)) {}

  const XfsGeometry& shape() const { return shape_; }
  const fs::ByteSource& source() const { return source_; }

  /// In bytes from the start of the filesystem, of `count` blocks that are inside of it.
  std::uint64_t place_of(std::uint64_t block, std::uint64_t count) const;
  /// The inode's own bytes, checked.
  Bytes read_inode(std::uint64_t number) const;
  /// `count` blocks from `block` on that are one of that form, and belong to the inode `owner`.
  Bytes read_block(const XfsBlockForm& form, std::uint64_t block, std::uint64_t count,
                   std::uint64_t owner) const;
  /// Holds the bytes, which stand at `place`, against what they say of themselves.
  void check_block(const XfsBlockForm& form, std::span<const std::byte> bytes, std::uint64_t place,
                   std::uint64_t owner) const;

private:
  bool has_own_uuid(std::span<const std::byte> bytes, std::size_t offset) const;

  const fs::ByteSource& source_;
  XfsGeometry shape_;
};

} // namespace imagewright::disk
