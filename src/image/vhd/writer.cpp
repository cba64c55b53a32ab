// SPDX-License-Identifier: MIT
#include "image/vhd/writer.hpp"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>

#include "image/big_endian.hpp"

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_physical_sector = 4096;

} // namespace

void check_vhd_size(std::uint64_t disk_size) {
  if (disk_size <= k_vhd_largest_disk) return;
  throw base::Error(
      base::FailureKind::build, "image.size-unsupported",
      fmt::format("a VHD cannot hold a disk of {}", base::to_string(base::ByteSize(disk_size))),
      "make the disk at most 2040 GiB large, or choose another format");
}

namespace {

/// The next place for a bitmap after which the data begin on a sector of today's disks: others
/// would make the host read before it writes.
std::uint64_t bitmap_place(std::uint64_t free_from) {
  const std::uint64_t data = free_from + k_vhd_sector;
  return (data + k_physical_sector - 1) / k_physical_sector * k_physical_sector - k_vhd_sector;
}

} // namespace

// Section "Dynamic Hard Disk Overview": footer, header, block allocation table, blocks, footer.
// Each block is a bitmap of its sectors, in one sector, and its data.
void write_dynamic_vhd(OutputFile& file, const SourceDisk& disk, const DiskIdentity& identity,
                       const base::Cancellation& cancellation) {
  // Exactly as many entries as the disk has blocks: Azure refuses more.
  const std::uint64_t entries = (disk.size() + k_vhd_block - 1) / k_vhd_block;
  const std::uint64_t table_offset = k_vhd_sector + k_vhd_dynamic_header_size;
  const std::uint64_t table_size = (entries * 4 + k_vhd_sector - 1) / k_vhd_sector * k_vhd_sector;
  Bytes table(table_size, std::byte{0xFF});
  std::uint64_t end = table_offset + table_size;
  constexpr std::uint64_t units_per_block = k_vhd_block / k_unit_size;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks; // number, place
  for (std::uint64_t block = 0; block < entries; ++block) {
    if (!disk.is_any_stored(block * units_per_block, units_per_block)) continue;
    const std::uint64_t position = bitmap_place(end);
    put(table, block * 4, static_cast<std::uint32_t>(position / k_vhd_sector));
    blocks.emplace_back(block, position);
    end = position + k_vhd_sector + k_vhd_block;
  }
  const Bytes footer = make_vhd_footer(VhdKind::dynamic, disk.size(), identity);
  file.write(0, footer);
  file.write(k_vhd_sector,
             make_vhd_dynamic_header(table_offset, static_cast<std::uint32_t>(entries)));
  file.write(table_offset, table);
  const Bytes bitmap(k_vhd_sector, std::byte{0xFF});
  for (const auto& [block, position] : blocks) {
    file.write(position, bitmap);
    file.copy_stored(disk, block * k_vhd_block, position + k_vhd_sector, k_vhd_block, cancellation);
  }
  file.write(end, footer);
}

} // namespace imagewright::image
