// SPDX-License-Identifier: MIT
#pragma once

// A FAT volume as clusters and chains, checked against its size.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/fs/byte_source.hpp>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

/// Throws base::Error (disk.corrupt-filesystem).
[[noreturn]] void throw_corrupt_fat(const std::string& what);

class FatVolume {
public:
  /// `source` must outlive it. Throws base::Error (disk.corrupt-filesystem).
  explicit FatVolume(const fs::ByteSource& source);

  /// The content of a chain, at most `limit` bytes of it.
  Bytes read_chain(std::uint32_t first_cluster, std::uint64_t limit) const;
  Bytes read_root() const;
  std::uint64_t size() const { return total_bytes_; }
  /// Counts the clusters in use.
  std::uint64_t used() const;
  /// "1A2B-3C4D"
  std::string serial() const;

private:
  std::uint32_t next_cluster(std::uint32_t cluster) const;
  bool is_end(std::uint32_t entry) const;

  const fs::ByteSource& source_;
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
