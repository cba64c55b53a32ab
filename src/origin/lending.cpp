// SPDX-License-Identifier: MIT
#include "lending.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include <imagewright/base/byte_order.hpp>

namespace imagewright::origin {

namespace {

// UEFI specification 2.10, table 5.5.
constexpr std::string_view k_signature = "EFI PART";
constexpr std::size_t k_array_sector = 72;
constexpr std::size_t k_entry_count = 80;
constexpr std::size_t k_entry_size = 84;
constexpr std::size_t k_header_size = 92;
constexpr std::uint64_t k_largest_array = std::uint64_t{1} << 20U;
/// Behind the header at the start of the disk.
constexpr std::uint64_t k_usual_array = 2;

struct Range {
  std::uint64_t start = 0;
  std::uint64_t length = 0;
};

bool do_overlap(const Range& left, const Range& right) {
  return left.start < right.start + right.length && right.start < left.start + left.length;
}

/// Whatever the headers at a sector claim, whole or not.
void add_table(const BaseImage& base, std::uint64_t sector, std::uint64_t sector_size,
               std::uint64_t new_size, std::vector<Range>& tables) {
  const image::MappedDisk& disk = base.disk();
  if (disk.size() < k_header_size || sector > (disk.size() - k_header_size) / sector_size) return;
  base::Bytes header(k_header_size);
  disk.read(sector * sector_size, header);
  if (base::as_text(std::span(header).first(k_signature.size())) != k_signature) return;
  const auto get = [&](auto number, std::size_t place) {
    return base::little_endian::get<decltype(number)>(header, place);
  };
  const std::uint64_t length =
      std::uint64_t{get(std::uint32_t{}, k_entry_count)} * get(std::uint32_t{}, k_entry_size);
  tables.push_back({sector * sector_size, sector_size});
  if (length > k_largest_array) return; // no reader takes it for a table
  const std::uint64_t sectors = (length + sector_size - 1) / sector_size;
  const std::uint64_t array = get(std::uint64_t{}, k_array_sector);
  if (array <= disk.size() / sector_size)
    tables.push_back({array * sector_size, sectors * sector_size});
  // Where tables are written.
  const std::uint64_t end = new_size / sector_size;
  tables.push_back({0, (k_usual_array + sectors) * sector_size});
  if (end > sectors)
    tables.push_back({(end - sectors - 1) * sector_size, (sectors + 1) * sector_size});
}

} // namespace

bool stand_tables_alone(const BaseImage& base, const Places& places) {
  std::vector<Range> tables;
  for (const std::uint64_t sector_size : {512U, 4096U}) {
    for (const std::uint64_t sector : {std::uint64_t{1}, base.disk().size() / sector_size - 1})
      add_table(base, sector, sector_size, places.disk_size().bytes(), tables);
  }
  return std::ranges::none_of(base.partitions(), [&](const BasePartition& partition) {
    const disk::PartitionEntry then = places.entry_of(partition);
    const Range before{partition.entry.start.bytes(), partition.entry.size.bytes()};
    const Range after{then.start.bytes(), then.size.bytes()};
    return std::ranges::any_of(tables, [&](const Range& table) {
      return do_overlap(table, before) || do_overlap(table, after);
    });
  });
}

} // namespace imagewright::origin
