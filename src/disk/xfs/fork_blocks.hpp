// SPDX-License-Identifier: MIT
#pragma once

// The blocks of a fork that hold no content of a file: names, extended attributes, long texts.

#include <cstdint>
#include <string>
#include <vector>

#include "disk/xfs/inode.hpp"

namespace imagewright::disk {

/// Which stretches of a long text begin with a head and have one checksum.
enum class XfsTextParts : std::uint8_t {
  blocks, ///< those of extended attributes
  runs    ///< those of symbolic links: blocks that follow each other
};

/// A text in blocks of its own.
struct XfsLongText {
  std::uint32_t magic = 0;  ///< of each of its parts
  std::uint64_t offset = 0; ///< of the first, in the fork
  std::size_t length = 0;   ///< bytes
  XfsTextParts parts = XfsTextParts::blocks;
  const char* name = ""; ///< for messages
};

class XfsForkBlocks {
public:
  /// All must outlive it. Throws base::Error (disk.corrupt-filesystem), also when the fork has more
  /// blocks than the filesystem.
  XfsForkBlocks(const XfsVolume& volume, const XfsInode& inode, const XfsFork& fork);

  const std::vector<XfsExtent>& extents() const { return extents_; }
  /// `count` blocks from `offset` on, which are one of that form and the inode's. Throws
  /// base::Error (disk.corrupt-filesystem), also when one of them is in a hole.
  Bytes read(const XfsBlockForm& form, std::uint64_t offset, std::uint64_t count = 1) const;
  /// Throws base::Error (disk.corrupt-filesystem).
  std::string read_text(const XfsLongText& text) const;

private:
  /// The one that holds the block.
  const XfsExtent& extent_at(std::uint64_t offset) const;
  /// In bytes from the start of the filesystem.
  std::uint64_t place_of(std::uint64_t offset) const;

  const XfsVolume& volume_;
  std::uint64_t owner_;
  std::vector<XfsExtent> extents_;
};

} // namespace imagewright::disk
