// SPDX-License-Identifier: MIT
#pragma once

// How a FAT volume is divided (Microsoft FAT specification, 2005-08-30, section 3).

#include <cstdint>

#include <imagewright/base/byte_size.hpp>

namespace imagewright::disk {

constexpr std::uint32_t k_fat_sector = 512;
constexpr std::uint32_t k_fat_entry_size = 32;

/// Which one a volume is depends on its cluster count alone (section 3.5).
enum class FatKind : std::uint8_t { fat12, fat16, fat32 };

/// Width of an entry of the table (section 4).
constexpr std::uint32_t entry_bits_of(FatKind kind) {
  return kind == FatKind::fat32 ? 32 : kind == FatKind::fat16 ? 16 : 12;
}

struct FatGeometry {
  FatKind kind = FatKind::fat32;
  std::uint32_t total_sectors = 0;
  std::uint32_t sectors_per_cluster = 1;
  std::uint32_t reserved_sectors = 0;
  std::uint32_t sectors_per_fat = 0;
  std::uint32_t root_entries = 0; ///< but in FAT32 the root directory has a place of its own
  std::uint32_t cluster_count = 0;
  std::uint32_t table_count = 2;

  std::uint32_t root_sector() const { return reserved_sectors + table_count * sectors_per_fat; }
  std::uint32_t first_data_sector() const {
    return root_sector() + (root_entries * k_fat_entry_size + k_fat_sector - 1) / k_fat_sector;
  }
  std::uint32_t cluster_size() const { return sectors_per_cluster * k_fat_sector; }
  /// Byte offset of a cluster; the first has the number 2.
  std::uint64_t offset_of(std::uint32_t cluster) const {
    return (first_data_sector() + std::uint64_t{cluster - 2} * sectors_per_cluster) * k_fat_sector;
  }
};

/// Throws base::Error (disk.layout-invalid) when a volume of this size cannot be FAT.
FatGeometry choose_fat_geometry(base::ByteSize size);

} // namespace imagewright::disk
