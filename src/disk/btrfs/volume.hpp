// SPDX-License-Identifier: MIT
#pragma once

// The superblock of a Btrfs filesystem, where its logical addresses are on the device, and the
// nodes of its trees ("Btrfs documentation", chapter "On-disk format").

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <imagewright/base/uuid.hpp>
#include <imagewright/fs/byte_source.hpp>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

/// Throws base::Error (disk.corrupt-filesystem).
[[noreturn]] void throw_corrupt_btrfs(const std::string& what);
/// Throws base::Error (disk.feature-unsupported): the filesystem "…".
[[noreturn]] void throw_foreign_btrfs(const std::string& what);

inline constexpr std::uint64_t k_btrfs_superblock = 0x10000;
inline constexpr std::size_t k_btrfs_header = 101;

/// What the superblock says.
struct BtrfsShape {
  std::uint32_t sector_size = 0;
  std::uint32_t node_size = 0;
  std::uint64_t size = 0;
  std::uint64_t used = 0;
  std::uint64_t root_tree = 0; ///< logical address
  std::uint8_t root_level = 0;
  std::uint64_t chunk_tree = 0;
  std::uint8_t chunk_level = 0;
  std::uint64_t root_directory = 0; ///< of the tree of trees: it names the default subvolume
  base::Uuid uuid;                  ///< the one that fstab names
  base::Uuid metadata_uuid;         ///< the one in every node
  std::string label;
};

/// Two nodes are never the same bytes, whoever asks for them.
using BtrfsNode = std::shared_ptr<const Bytes>;

class BtrfsVolume {
public:
  /// Throws base::Error (disk.corrupt-filesystem, disk.feature-unsupported,
  /// disk.journal-unsupported).
  explicit BtrfsVolume(const fs::ByteSource& source);

  const fs::ByteSource& source() const { return source_; }
  const BtrfsShape& shape() const { return shape_; }
  /// Where `length` bytes at a logical address are, the first copy.
  std::uint64_t place_of(std::uint64_t logical, std::uint64_t length) const;
  /// A node of that level, which was held against its checksum and its address; of two copies the
  /// first one that is right.
  BtrfsNode read_node(std::uint64_t logical, std::uint8_t level) const;

private:
  struct Chunk {
    std::uint64_t length = 0;
    std::vector<std::uint64_t> places; ///< of each copy
  };

  void add_chunk(std::uint64_t logical, std::span<const std::byte> item);
  void add_system_chunks(std::span<const std::byte> super);
  void add_all_chunks();
  const Chunk* find_chunk(std::uint64_t logical, std::uint64_t length, std::uint64_t& within) const;
  /// What is wrong with it; empty: nothing.
  std::string fault_of(const Bytes& node, std::uint64_t logical, std::uint8_t level) const;

  const fs::ByteSource& source_;
  BtrfsShape shape_;
  std::map<std::uint64_t, Chunk> chunks_; ///< by logical address
  mutable std::map<std::uint64_t, BtrfsNode> known_;
};

} // namespace imagewright::disk
