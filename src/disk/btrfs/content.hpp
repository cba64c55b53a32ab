// SPDX-License-Identifier: MIT
#pragma once

// The content of files on a Btrfs filesystem: where it stands, expanded where it is compressed, and
// held against its checksums.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/disk/filesystem_reader.hpp>

#include "disk/btrfs/tree.hpp"

namespace imagewright::disk {

enum class BtrfsCompression : std::uint8_t { none, zlib, lzo, zstd };

/// A stretch of a file; what is between two of them is a hole.
struct BtrfsExtent {
  std::uint64_t offset = 0; ///< in the file
  std::uint64_t length = 0; ///< of what counts of it
  bool is_unwritten = false;
  BtrfsCompression compression = BtrfsCompression::none;
  std::uint64_t plain_size = 0;      ///< of all of it, expanded
  std::uint64_t skipped = 0;         ///< of these, before what counts
  std::optional<Bytes> inline_bytes; ///< as stored, in the tree itself
  std::uint64_t address = 0;         ///< logical, of what is stored elsewhere
  std::uint64_t stored_size = 0;
};

class BtrfsContent {
public:
  /// `checksums` is the tree of them. Both must outlive this.
  BtrfsContent(const BtrfsVolume& volume, const BtrfsRoot& checksums)
      : volume_(volume), checksums_(checksums) {}

  /// In order, cut to the size of the file. Throws base::Error (disk.corrupt-filesystem,
  /// disk.feature-unsupported for LZO).
  std::vector<BtrfsExtent> extents(const BtrfsRoot& tree, std::uint64_t inode,
                                   std::uint64_t size) const;
  /// Its bytes. Throws the same, also where they are not what their checksums are of.
  Bytes plain(const BtrfsExtent& extent) const;
  /// Where it can be read as it is; else its text.
  StoredPiece piece(const BtrfsExtent& extent) const;

private:
  Bytes stored(const BtrfsExtent& extent, std::uint64_t from, std::uint64_t length) const;
  void check(std::uint64_t address, std::span<const std::byte> bytes) const;

  const BtrfsVolume& volume_;
  const BtrfsRoot& checksums_;
};

} // namespace imagewright::disk
