// SPDX-License-Identifier: MIT
#pragma once

// The structures of VHDX (Microsoft Open Specification [MS-VHDX], "Virtual Hard Disk v2 (VHDX) File
// Format"). Integers are little endian.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/uuid.hpp>

namespace imagewright::image {

namespace vhdx {

using base::Bytes;
using base::little_endian::get;
using base::little_endian::put;

constexpr std::uint64_t k_kib = 1024;
constexpr std::uint64_t k_mib = 1024 * k_kib;

constexpr std::string_view k_file_signature = "vhdxfile";

// Section 2.2: what stands where in the first MiB.
constexpr std::uint64_t k_header_offsets[] = {64 * k_kib, 128 * k_kib};
constexpr std::uint64_t k_region_table_offsets[] = {192 * k_kib, 256 * k_kib};

// Section 2.2.2: headers.
constexpr std::string_view k_header_signature = "head";
constexpr std::size_t k_header_size = 4 * k_kib;
constexpr std::size_t k_header_sequence = 8;
constexpr std::size_t k_header_file_guid = 16;
constexpr std::size_t k_header_data_guid = 32;
constexpr std::size_t k_header_log_guid = 48;
constexpr std::size_t k_header_log_version = 64;
constexpr std::size_t k_header_version = 66;
constexpr std::size_t k_header_log_size = 68;
constexpr std::size_t k_header_log_offset = 72;
constexpr std::uint16_t k_version = 1;

// Section 2.2.3: region tables, of 64 KiB.
constexpr std::string_view k_region_signature = "regi";
constexpr std::size_t k_table_size = 64 * k_kib;
constexpr std::size_t k_region_count = 8;
constexpr std::size_t k_first_region = 16;
constexpr std::size_t k_entry_size = 32;   ///< of a region and of a metadata item
constexpr std::size_t k_entry_offset = 16; ///< in an entry of either kind, behind the name
constexpr std::size_t k_region_size = 24;
constexpr std::size_t k_region_required = 28;
constexpr std::uint32_t k_most_entries = 2047;

/// The checksum of headers and region tables is at the same place.
constexpr std::size_t k_checksum = 4;

// Section 2.5: blocks, and what an entry of their table says in its lowest bits.
constexpr std::uint64_t k_smallest_block = k_mib;
constexpr std::uint64_t k_largest_block = 256 * k_mib;
constexpr std::uint64_t k_state_mask = 7;
constexpr std::uint64_t k_absent = 0;
constexpr std::uint64_t k_undefined = 1;
constexpr std::uint64_t k_zero = 2;
constexpr std::uint64_t k_unmapped = 3;
constexpr std::uint64_t k_formerly_unmapped = 5; ///< in version 0.95 of the specification
constexpr std::uint64_t k_present = 6;

// Section 2.6: metadata, a table of 64 KiB and its items.
constexpr std::string_view k_metadata_signature = "metadata";
constexpr std::size_t k_item_count = 10;
constexpr std::size_t k_first_item = 32;
constexpr std::size_t k_item_size = 20;
constexpr std::size_t k_item_flags = 24;
constexpr std::uint32_t k_item_is_required = 4;
constexpr std::uint32_t k_item_is_of_disk = 2;
constexpr std::uint32_t k_has_parent = 2; ///< in the file parameters

/// Of the disks that are written here; the format knows one other.
constexpr std::uint32_t k_logical_sector = 512;
constexpr std::uint32_t k_large_logical_sector = 4096;
constexpr std::uint64_t k_largest_disk = std::uint64_t{64} << 40U;
/// Ours: larger disks have larger blocks, and a reader can hold every table.
constexpr std::uint64_t k_most_blocks = std::uint64_t{4} << 20U;

/// Regions and metadata items by the names that the specification gives them.
struct Names {
  base::Uuid block_table;
  base::Uuid metadata;
  base::Uuid file_parameters;
  base::Uuid disk_size;
  base::Uuid disk_id;
  base::Uuid logical_sector_size;
  base::Uuid physical_sector_size;
};
const Names& names();

/// CRC-32C of a structure, as if its own checksum were zero.
std::uint32_t checksum(std::span<const std::byte> structure);

constexpr std::uint64_t divided_up(std::uint64_t number, std::uint64_t divisor) {
  return number / divisor + (number % divisor != 0 ? 1 : 0);
}

/// Of every so many blocks one entry of the table is about the bitmaps of differencing disks.
constexpr std::uint64_t blocks_per_bitmap(std::uint64_t block_size,
                                          std::uint32_t logical_sector = k_logical_sector) {
  return (std::uint64_t{1} << 23U) * logical_sector / block_size;
}
/// Where the table has the entry of a block.
constexpr std::uint64_t entry_index(std::uint64_t block, std::uint64_t blocks_per_bitmap) {
  return block + block / blocks_per_bitmap;
}
/// What all of these entries take.
constexpr std::uint64_t table_length(std::uint64_t block_count, std::uint64_t blocks_per_bitmap) {
  return block_count == 0 ? 0 : (entry_index(block_count - 1, blocks_per_bitmap) + 1) * 8;
}

} // namespace vhdx

} // namespace imagewright::image
