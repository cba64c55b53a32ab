// SPDX-License-Identifier: MIT
#include "disk/fat/volume.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

namespace {

constexpr std::uint32_t k_entry_size = 32;
// A directory has at most so many bytes (section 6.2).
constexpr std::uint64_t k_largest_directory = std::uint64_t{2} << 20U;
// The table of a FAT32 with 2^28 clusters has 1 GiB; images have far smaller ones.
constexpr std::uint64_t k_largest_table = std::uint64_t{64} << 20U;

} // namespace

void throw_corrupt_fat(const std::string& what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                    "the FAT filesystem is damaged: " + what,
                    "run \"fsck.vfat -n\" on it, and copy or make the image again");
}

FatVolume::FatVolume(const fs::ByteSource& source) : source_(source) {
  Bytes boot(512);
  source.read(0, boot);
  const std::uint32_t sector = get<std::uint16_t>(boot, 11);
  const std::uint32_t sectors_per_cluster = get<std::uint8_t>(boot, 13);
  const std::uint64_t reserved = get<std::uint16_t>(boot, 14);
  const std::uint64_t tables = get<std::uint8_t>(boot, 16);
  const std::uint64_t root_entries = get<std::uint16_t>(boot, 17);
  const std::uint32_t small_total = get<std::uint16_t>(boot, 19);
  const std::uint32_t small_table = get<std::uint16_t>(boot, 22);
  const bool is_fat32 = small_table == 0;
  const std::uint64_t total = small_total != 0 ? small_total : get<std::uint32_t>(boot, 32);
  const std::uint64_t table_sectors = is_fat32 ? get<std::uint32_t>(boot, 36) : small_table;
  total_bytes_ = total * sector;
  cluster_size_ = sector * sectors_per_cluster;
  root_offset_ = (reserved + tables * table_sectors) * sector;
  root_size_ = root_entries * k_entry_size;
  data_offset_ = root_offset_ + (root_size_ + sector - 1) / sector * sector;
  if (cluster_size_ == 0 || tables == 0 || total_bytes_ > source.size() ||
      data_offset_ >= total_bytes_) {
    throw_corrupt_fat("its sizes contradict each other");
  }
  const std::uint64_t clusters = (total_bytes_ - data_offset_) / cluster_size_;
  // Section 3.5; a FAT32 is known by its empty fields as well.
  entry_bits_ = is_fat32 ? 32 : clusters < 4085 ? 12 : 16;
  const std::uint64_t needed = ((clusters + 2) * entry_bits_ + 7) / 8;
  if (clusters >= 0x0FFFFFF5 || needed > table_sectors * sector || needed > k_largest_table) {
    throw_corrupt_fat("its table does not fit its clusters");
  }
  cluster_count_ = static_cast<std::uint32_t>(clusters);
  shape_ = {.sector_size = sector,
            .total_sectors = static_cast<std::uint32_t>(total),
            .sectors_per_cluster = sectors_per_cluster,
            .reserved_sectors = static_cast<std::uint32_t>(reserved),
            .sectors_per_fat = static_cast<std::uint32_t>(table_sectors),
            .table_count = static_cast<std::uint32_t>(tables),
            .root_entries = static_cast<std::uint32_t>(root_entries),
            .cluster_count = cluster_count_,
            .entry_bits = entry_bits_};
  root_cluster_ = is_fat32 ? get<std::uint32_t>(boot, 44) : 0;
  serial_ = get<std::uint32_t>(boot, is_fat32 ? 67 : 39);
  table_.resize(needed + 1); // FAT12 entries are read as two bytes
  source.read(reserved * sector, std::span(table_).first(needed));
}

std::uint32_t FatVolume::next_cluster(std::uint32_t cluster) const {
  switch (entry_bits_) {
  case 12: {
    const auto pair = get<std::uint16_t>(table_, cluster + cluster / 2);
    return cluster % 2 == 0 ? pair & 0xFFFU : pair >> 4U;
  }
  case 16:
    return get<std::uint16_t>(table_, std::size_t{cluster} * 2);
  default:
    return get<std::uint32_t>(table_, std::size_t{cluster} * 4) & 0x0FFFFFFFU;
  }
}

bool FatVolume::is_end(std::uint32_t entry) const {
  const std::uint32_t mask = entry_bits_ == 12 ? 0xFF8U : entry_bits_ == 16 ? 0xFFF8U : 0x0FFFFFF8U;
  return entry >= mask;
}

Bytes FatVolume::read_chain(std::uint32_t first_cluster, std::uint64_t limit) const {
  Bytes content;
  std::uint32_t steps = 0;
  for (std::uint32_t cluster = first_cluster; !is_end(cluster); cluster = next_cluster(cluster)) {
    if (content.size() >= limit) return content;
    if (cluster < 2 || cluster - 2 >= cluster_count_) {
      throw_corrupt_fat("a chain leads outside the volume");
    }
    if (++steps > cluster_count_) throw_corrupt_fat("a chain has no end");
    const std::size_t start = content.size();
    content.resize(start + std::min<std::uint64_t>(cluster_size_, limit - start));
    source_.read(data_offset_ + std::uint64_t{cluster - 2} * cluster_size_,
                 std::span(content).subspan(start));
  }
  return content;
}

std::vector<StoredPiece> FatVolume::pieces(std::uint32_t first_cluster, std::uint64_t size) const {
  std::vector<StoredPiece> pieces;
  std::uint32_t cluster = first_cluster;
  std::uint32_t steps = 0;
  for (std::uint64_t done = 0; done < size;) {
    if (is_end(cluster)) throw_corrupt_fat("a file ends before its size");
    if (cluster < 2 || cluster - 2 >= cluster_count_)
      throw_corrupt_fat("a chain leads outside the volume");
    // Clusters that follow each other are one piece.
    const std::uint32_t first = cluster;
    std::uint64_t length = 0;
    do {
      length += cluster_size_;
      cluster = next_cluster(cluster);
      if (++steps > cluster_count_) throw_corrupt_fat("a chain has no end");
    } while (cluster == first + length / cluster_size_ && cluster - 2 < cluster_count_ &&
             done + length < size);
    pieces.push_back({.offset = done,
                      .length = std::min(length, size - done),
                      .place = data_offset_ + std::uint64_t{first - 2} * cluster_size_,
                      .text = {}});
    done += pieces.back().length;
  }
  return pieces;
}

Bytes FatVolume::read_reserved() const {
  Bytes bytes(std::size_t{shape_.reserved_sectors} * shape_.sector_size);
  source_.read(0, bytes);
  return bytes;
}

FatShape FatVolume::shape() const {
  return shape_;
}

Bytes FatVolume::read_root() const {
  if (entry_bits_ == 32) return read_chain(root_cluster_, k_largest_directory);
  Bytes content(root_size_);
  source_.read(root_offset_, content);
  return content;
}

std::uint64_t FatVolume::used() const {
  std::uint64_t count = 0;
  for (std::uint32_t cluster = 2; cluster < cluster_count_ + 2; ++cluster) {
    if (next_cluster(cluster) != 0) ++count;
  }
  return data_offset_ + count * cluster_size_;
}

std::string FatVolume::serial() const {
  return fmt::format("{:04X}-{:04X}", serial_ >> 16U, serial_ & 0xFFFFU);
}

} // namespace imagewright::disk
