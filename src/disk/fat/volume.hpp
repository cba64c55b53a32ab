// SPDX-License-Identifier: MIT
#pragma once

// A FAT volume as clusters and chains, checked against its size.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/fs/byte_source.hpp>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

/// Throws base::Error (disk.corrupt-filesystem).
[[noreturn]] void throw_corrupt_fat(const std::string& what);

/// How a volume is divided, as its boot sector says.
struct FatShape {
  std::uint32_t sector_size = 0;
  std::uint32_t total_sectors = 0;
  std::uint32_t sectors_per_cluster = 0;
  std::uint32_t reserved_sectors = 0;
  std::uint32_t sectors_per_fat = 0;
  std::uint32_t table_count = 0;
  std::uint32_t root_entries = 0;
  std::uint32_t cluster_count = 0;
  std::uint32_t entry_bits = 0;
};

class FatVolume {
public:
  /// `source` must outlive it. Throws base::Error (disk.corrupt-filesystem).
  explicit FatVolume(const fs::ByteSource& source);

  /// The content of a chain, at most `limit` bytes of it.
  Bytes read_chain(std::uint32_t first_cluster, std::uint64_t limit) const;
  /// Where it is, for chains that do not fit into memory. Throws base::Error
  /// (disk.corrupt-filesystem) when the chain ends before `size`.
  std::vector<StoredPiece> pieces(std::uint32_t first_cluster, std::uint64_t size) const;
  Bytes read_root() const;
  /// Boot sector, what follows it, and everything else before the first table.
  Bytes read_reserved() const;
  FatShape shape() const;
  std::uint64_t size() const { return total_bytes_; }
  /// Counts the clusters in use.
  std::uint64_t used() const;
  /// "1A2B-3C4D"
  std::string serial() const;

private:
  std::uint32_t next_cluster(std::uint32_t cluster) const;
  bool is_end(std::uint32_t entry) const;

  const fs::ByteSource& source_;
  FatShape shape_;
  std::uint64_t total_bytes_ = 0;
  std::uint32_t cluster_size_ = 0;
  std::uint32_t cluster_count_ = 0;
  std::uint64_t root_offset_ = 0;
  std::uint64_t root_size_ = 0;
  std::uint64_t data_offset_ = 0;
  std::uint32_t root_cluster_ = 0; ///< FAT32 only
  std::uint32_t entry_bits_ = 0;   ///< 12, 16 or 32
  std::uint32_t serial_ = 0;
  Bytes table_;
};

} // namespace imagewright::disk
