// SPDX-License-Identifier: MIT
#include <imagewright/disk/table_places.hpp>

#include "disk/gpt/table_copy.hpp"

namespace imagewright::disk {

namespace {

/// Behind the header at the start of the disk.
constexpr std::uint64_t k_usual_array = 2;

void add_table(const fs::ByteSource& disk, std::uint64_t sector, std::uint64_t sector_size,
               std::uint64_t new_size, std::vector<fs::Stretch>& places) {
  const bool is_within = disk.size() >= k_smallest_gpt_header &&
                         sector <= (disk.size() - k_smallest_gpt_header) / sector_size;
  if (!is_within || !has_table_signature(disk, sector * sector_size)) return;
  TableCopy copy{.header = Bytes(k_smallest_gpt_header), .array = {}};
  disk.read(sector * sector_size, copy.header);
  const std::uint64_t length = std::uint64_t{copy.entry_count()} * copy.entry_size();
  places.push_back({sector * sector_size, sector_size});
  if (length > k_largest_gpt_array) return; // no reader takes it for a table
  const std::uint64_t sectors = (length + sector_size - 1) / sector_size;
  if (copy.array_sector() <= disk.size() / sector_size)
    places.push_back({copy.array_sector() * sector_size, sectors * sector_size});
  // Where tables are written.
  const std::uint64_t end = new_size / sector_size;
  places.push_back({0, (k_usual_array + sectors) * sector_size});
  if (end > sectors)
    places.push_back({(end - sectors - 1) * sector_size, (sectors + 1) * sector_size});
}

} // namespace

std::vector<fs::Stretch> places_of_tables(const fs::ByteSource& disk, std::uint64_t new_size) {
  std::vector<fs::Stretch> places;
  for (const std::uint64_t sector_size : k_gpt_sector_sizes) {
    for (const std::uint64_t sector : {std::uint64_t{1}, disk.size() / sector_size - 1})
      add_table(disk, sector, sector_size, new_size, places);
  }
  return places;
}

} // namespace imagewright::disk
