// SPDX-License-Identifier: MIT
// UEFI specification 2.10, section 5.3: the GUID partition table.
#include <optional>
#include <string>

#include <imagewright/base/guid.hpp>
#include <imagewright/disk/partition_table.hpp>

#include "disk/block_device.hpp"
#include "disk/gpt/table_copy.hpp"

namespace imagewright::disk {

namespace {

void give(TableCopy& copy, const std::map<std::uint32_t, base::Uuid>& identifiers) {
  for (const auto& [number, uuid] : identifiers) {
    if (number == 0 || number > copy.entry_count()) continue;
    base::put_guid(copy.array, std::size_t{number - 1} * copy.entry_size() + 16, uuid);
  }
}

void write(BlockDevice& disk, TableCopy& copy) {
  copy.update_checksums();
  disk.write(copy.array_sector() * copy.sector_size(), copy.array);
  disk.write(copy.own_sector() * copy.sector_size(), copy.header);
}

} // namespace

void set_partition_identifiers(int fd, std::uint64_t disk_size, const std::string& name,
                               const std::map<std::uint32_t, base::Uuid>& identifiers) {
  FileRegion disk(fd, 0, disk_size, name);
  std::string ignored; // what is damaged is left as it is
  for (const std::uint64_t sector_size : k_gpt_sector_sizes) {
    auto first = find_table_copy(disk, 1, sector_size, ignored);
    // Where a disk grew, the backup is where the first copy says.
    const std::uint64_t last = disk_size / sector_size - 1;
    auto backup = find_table_copy(disk, first ? first->other_sector() : last, sector_size, ignored);
    for (std::optional<TableCopy>* copy : {&first, &backup}) {
      if (!*copy) continue;
      give(**copy, identifiers);
      write(disk, **copy);
    }
    if (first || backup) return;
  }
}

void set_partition_places(int fd, std::uint64_t disk_size, const std::string& name,
                          const std::vector<PartitionEntry>& entries) {
  constexpr std::uint64_t k_sector = 512;
  FileRegion disk(fd, 0, disk_size, name);
  std::string ignored;
  auto table = find_table_copy(disk, 1, k_sector, ignored);
  if (!table) return;
  for (const PartitionEntry& entry : entries) {
    if (entry.number == 0 || entry.number > table->entry_count()) continue;
    const std::size_t place = std::size_t{entry.number - 1} * table->entry_size();
    const std::uint64_t first = entry.start.bytes() / k_sector;
    put(table->array, place + 32, first);
    put(table->array, place + 40, first + entry.size.bytes() / k_sector - 1);
  }
  write(disk, *table);
}

} // namespace imagewright::disk
