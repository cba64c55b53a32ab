// SPDX-License-Identifier: MIT
#include "disk/fat/geometry.hpp"

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

namespace {

// Section 3.5: fewer clusters than these are FAT12 and FAT16.
constexpr std::uint32_t k_fewest_fat16_clusters = 4085;
constexpr std::uint32_t k_fewest_fat32_clusters = 65525;
constexpr std::uint32_t k_most_sectors_per_cluster = 64;
constexpr std::uint32_t k_root_entries = 512; // of FAT12 and FAT16
constexpr std::uint32_t k_fat32_reserved_sectors = 32;

std::uint32_t rounded_up(std::uint32_t value, std::uint32_t unit) {
  return (value + unit - 1) / unit * unit;
}

/// The layout of a volume with clusters of this many sectors.
FatGeometry geometry_for(FatKind kind, std::uint32_t total_sectors,
                         std::uint32_t sectors_per_cluster) {
  FatGeometry geometry{
      .kind = kind, .total_sectors = total_sectors, .sectors_per_cluster = sectors_per_cluster};
  geometry.reserved_sectors =
      rounded_up(kind == FatKind::fat32 ? k_fat32_reserved_sectors : 1, sectors_per_cluster);
  geometry.root_entries = kind == FatKind::fat32 ? 0 : k_root_entries;
  // As if everything were clusters: the table becomes a little larger than needed.
  const std::uint64_t entries = total_sectors / sectors_per_cluster + 2;
  const std::uint64_t table_bytes = (entries * entry_bits_of(kind) + 7) / 8;
  geometry.sectors_per_fat =
      rounded_up(static_cast<std::uint32_t>((table_bytes + k_fat_sector - 1) / k_fat_sector),
                 sectors_per_cluster);
  if (geometry.first_data_sector() < total_sectors) {
    geometry.cluster_count = (total_sectors - geometry.first_data_sector()) / sectors_per_cluster;
  }
  return geometry;
}

// The sizes that Microsoft's table in section 3.5 gives for FAT32.
std::uint32_t fat32_sectors_per_cluster(std::uint32_t total_sectors) {
  if (total_sectors <= 532480) return 1;
  if (total_sectors <= 16777216) return 8;
  if (total_sectors <= 33554432) return 16;
  if (total_sectors <= 67108864) return 32;
  return k_most_sectors_per_cluster;
}

} // namespace

FatGeometry choose_fat_geometry(base::ByteSize size) {
  const std::uint64_t sectors = size.bytes() / k_fat_sector;
  if (sectors > UINT32_MAX) {
    throw base::Error(base::FailureKind::input, "disk.layout-invalid",
                      fmt::format("a FAT filesystem of {} is too large", base::to_string(size)),
                      "make it smaller than 2 TiB");
  }
  const auto total = static_cast<std::uint32_t>(sectors);
  const FatGeometry fat32 = geometry_for(FatKind::fat32, total, fat32_sectors_per_cluster(total));
  if (fat32.cluster_count >= k_fewest_fat32_clusters) return fat32;
  for (std::uint32_t per_cluster = 1; per_cluster <= k_most_sectors_per_cluster; per_cluster *= 2) {
    const FatGeometry fat16 = geometry_for(FatKind::fat16, total, per_cluster);
    if (fat16.cluster_count < k_fewest_fat16_clusters) break;
    if (fat16.cluster_count < k_fewest_fat32_clusters) return fat16;
  }
  const FatGeometry fat12 = geometry_for(FatKind::fat12, total, 1);
  if (fat12.cluster_count > 0 && fat12.cluster_count < k_fewest_fat16_clusters) return fat12;
  throw base::Error(base::FailureKind::input, "disk.layout-invalid",
                    fmt::format("no FAT filesystem has {}", base::to_string(size)),
                    "make it at least 1 MiB large");
}

} // namespace imagewright::disk
