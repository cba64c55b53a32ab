// SPDX-License-Identifier: MIT
#pragma once

// The blocks and tables of SquashFS (Linux documentation, filesystems/squashfs.rst).

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include <imagewright/fs/byte_source.hpp>

#include "disk/little_endian.hpp"
#include "disk/squashfs/expand.hpp"

namespace imagewright::disk {

inline constexpr std::uint32_t k_squashfs_none = 0xFFFFFFFF;

struct SquashfsShape {
  std::uint32_t block_size = 0;
  SquashfsCompression compression = SquashfsCompression::zlib;
  std::uint32_t fragment_count = 0;
  std::uint16_t id_count = 0;
  std::uint64_t root = 0; ///< where its inode is
  std::uint64_t size = 0;
  std::uint64_t id_table = 0;
  std::uint64_t attribute_table = 0;
  std::uint64_t inode_table = 0;
  std::uint64_t directory_table = 0;
  std::uint64_t fragment_table = 0;
};

/// Many small things stand one behind the other in such blocks.
struct SquashfsTableBlock {
  Bytes bytes;
  std::uint64_t next = 0; ///< where the block behind it is
};

/// Where the ends of several files stand together.
struct SquashfsFragment {
  std::uint64_t place = 0;
  std::uint32_t word = 0;
};

class SquashfsVolume {
public:
  /// `source` must outlive it. Throws base::Error (disk.corrupt-filesystem,
  /// disk.feature-unsupported).
  explicit SquashfsVolume(const fs::ByteSource& source);

  const fs::ByteSource& source() const { return source_; }
  const SquashfsShape& shape() const { return shape_; }
  std::shared_ptr<const SquashfsTableBlock> table_block(std::uint64_t place) const;
  /// A block of content: `word` says how many bytes are stored, and whether they are compressed.
  Bytes data_block(std::uint64_t place, std::uint32_t word) const;
  std::uint32_t id(std::uint16_t index) const;
  SquashfsFragment fragment(std::uint32_t index) const;
  /// That many bytes from an entry of a table on whose blocks are listed at `list`.
  Bytes table_entry(std::uint64_t list, std::uint64_t index, std::size_t size) const;

private:
  Bytes read(std::uint64_t place, std::uint64_t size) const;

  const fs::ByteSource& source_;
  SquashfsShape shape_;
  mutable std::map<std::uint64_t, std::shared_ptr<const SquashfsTableBlock>> known_;
};

/// Reads on from a place in table blocks, into the blocks behind it.
class SquashfsCursor {
public:
  /// `reference` has the place of a block, from `table` on, and a place in it (16 bits).
  SquashfsCursor(const SquashfsVolume& volume, std::uint64_t table, std::uint64_t reference);

  Bytes take(std::size_t size);

private:
  const SquashfsVolume& volume_;
  std::shared_ptr<const SquashfsTableBlock> block_;
  std::size_t within_;
};

/// How many bytes a word of that kind says are stored, and whether they are the content itself.
constexpr std::uint32_t squashfs_stored_size(std::uint32_t word) {
  return word & 0xFFFFFFU;
}
constexpr bool is_squashfs_plain(std::uint32_t word) {
  return (word & 0x1000000U) != 0;
}

} // namespace imagewright::disk
