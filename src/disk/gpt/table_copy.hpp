// SPDX-License-Identifier: MIT
#pragma once

// One of the two copies of a GUID partition table (UEFI specification 2.10, section 5.3).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <imagewright/fs/byte_source.hpp>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

/// Sizes of the sectors in which a table may count.
inline constexpr std::uint64_t k_gpt_sector_sizes[] = {512, 4096};
inline constexpr std::uint32_t k_smallest_gpt_entry = 128;
inline constexpr std::uint32_t k_smallest_gpt_header = 92;
/// Of all entries together, in bytes: what is larger is no table.
inline constexpr std::uint64_t k_largest_gpt_array = std::uint64_t{1} << 20U;

/// It is whole: sizes are possible and checksums right.
struct TableCopy {
  Bytes header; ///< the whole sector
  Bytes array;  ///< all entries

  std::uint64_t sector_size() const { return header.size(); }
  std::uint64_t own_sector() const { return get<std::uint64_t>(header, 24); }
  std::uint64_t other_sector() const { return get<std::uint64_t>(header, 32); }
  std::uint64_t last_usable_sector() const { return get<std::uint64_t>(header, 48); }
  std::uint64_t array_sector() const { return get<std::uint64_t>(header, 72); }
  std::uint32_t entry_count() const { return get<std::uint32_t>(header, 80); }
  std::uint32_t entry_size() const { return get<std::uint32_t>(header, 84); }

  std::uint64_t first_usable_sector() const { return get<std::uint64_t>(header, 40); }
  std::uint64_t array_sectors() const { return (array.size() + sector_size() - 1) / sector_size(); }

  void set_own_sector(std::uint64_t sector) { put(header, 24, sector); }
  void set_other_sector(std::uint64_t sector) { put(header, 32, sector); }
  void set_last_usable_sector(std::uint64_t sector) { put(header, 48, sector); }
  void set_array_sector(std::uint64_t sector) { put(header, 72, sector); }

  /// After the header or the entries were changed.
  void update_checksums();
};

/// Does something that looks like a copy stand at this byte?
bool has_table_signature(const fs::ByteSource& disk, std::uint64_t offset);

/// Nothing where there is no copy. `complaint` says then what is wrong with what looks like one,
/// unless it says something already.
std::optional<TableCopy> find_table_copy(const fs::ByteSource& disk, std::uint64_t sector,
                                         std::uint64_t sector_size, std::string& complaint);

} // namespace imagewright::disk
