// SPDX-License-Identifier: MIT
// UEFI specification 2.10, section 5.3: the backup of a GUID partition table stands at the very
// end.
#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include <imagewright/base/error.hpp>
#include <imagewright/disk/partition_table.hpp>

#include "disk/block_device.hpp"
#include "disk/gpt/table_copy.hpp"

namespace imagewright::disk {

namespace {

// Table 5.3 and 5.4: the record of the whole disk.
constexpr std::size_t k_first_record = 446;
constexpr std::size_t k_record_type = 4;
constexpr std::size_t k_record_length = 12;
constexpr std::byte k_protective{0xEE};

/// A second backup in the middle of the free space would be found by those who search for one.
void clear_old_backup(FileRegion& disk, const TableCopy& table, std::uint64_t old_size) {
  const std::uint64_t backup = table.other_sector();
  const std::uint64_t sectors = table.array_sectors();
  const std::uint64_t last_usable = table.last_usable_sector();
  const bool is_behind_all = backup < old_size / table.sector_size() && backup > last_usable &&
                             backup - last_usable > sectors;
  if (!is_behind_all || !has_table_signature(disk, backup * table.sector_size())) return;
  disk.write((backup - sectors) * table.sector_size(), Bytes((sectors + 1) * table.sector_size()));
}

void update_protective_record(FileRegion& disk, std::uint64_t last) {
  Bytes record(512);
  disk.read(0, record);
  if (record[k_first_record + k_record_type] != k_protective) return;
  put(record, k_first_record + k_record_length,
      static_cast<std::uint32_t>(std::min<std::uint64_t>(last, UINT32_MAX)));
  disk.write(0, record);
}

/// The UEFI specification, table 5.6: the last sector of a partition, and no type where there is
/// none.
void require_room(const TableCopy& table, std::uint64_t last_sector) {
  constexpr std::size_t k_last_place = 40;
  const std::uint64_t first_taken = last_sector - table.array_sectors();
  const auto entries = std::span(table.array);
  for (std::size_t at = 0; at + table.entry_size() <= entries.size(); at += table.entry_size()) {
    const auto entry = entries.subspan(at, table.entry_size());
    if (is_all_zero(entry.first(16)) || get<std::uint64_t>(entry, k_last_place) < first_taken)
      continue;
    throw base::Error(base::FailureKind::verification, "disk.corrupt-partition-table",
                      "the backup of the partition table is not at the end of the disk, and the "
                      "last partition leaves no room for it",
                      "make the disk larger first, as with \"truncate -s +1M\" of a raw image");
  }
}

void write_copy(FileRegion& disk, TableCopy& table) {
  table.update_checksums();
  disk.write(table.array_sector() * table.sector_size(), table.array);
  disk.write(table.own_sector() * table.sector_size(), table.header);
}

void move_backup(FileRegion& disk, TableCopy& table, std::uint64_t old_size) {
  clear_old_backup(disk, table, old_size);
  const std::uint64_t last = disk.size() / table.sector_size() - 1;
  const std::uint64_t array = last - table.array_sectors();
  table.set_other_sector(last);
  table.set_last_usable_sector(array - 1);
  write_copy(disk, table);
  table.set_other_sector(table.own_sector());
  table.set_own_sector(last);
  table.set_array_sector(array);
  write_copy(disk, table);
  update_protective_record(disk, last);
}

} // namespace

MovedBackup move_backup_table(int fd, std::uint64_t old_size, std::uint64_t disk_size,
                              const std::string& name) {
  FileRegion disk(fd, 0, disk_size, name);
  std::string complaint;
  for (const std::uint64_t sector_size : k_gpt_sector_sizes) {
    auto table = find_table_copy(disk, 1, sector_size, complaint);
    if (!table) continue;
    move_backup(disk, *table, old_size);
    return MovedBackup::moved;
  }
  return complaint.empty() ? MovedBackup::none : MovedBackup::damaged;
}

void settle_backup_table(int fd, std::uint64_t old_size, std::uint64_t disk_size,
                         const std::string& name) {
  FileRegion disk(fd, 0, disk_size, name);
  std::string ignored; // what is wrong with a copy
  for (const std::uint64_t sector_size : k_gpt_sector_sizes) {
    auto table = find_table_copy(disk, 1, sector_size, ignored);
    if (!table) continue;
    const std::uint64_t last = disk_size / sector_size - 1;
    const bool is_whole =
        table->other_sector() == last && find_table_copy(disk, last, sector_size, ignored);
    if (is_whole) return;
    require_room(*table, last);
    move_backup(disk, *table, old_size);
    return;
  }
}

void restore_first_table(int fd, const std::string& name, const fs::ByteSource& source) {
  std::string ignored; // what is wrong with the copy at the start
  for (const std::uint64_t sector_size : k_gpt_sector_sizes) {
    if (find_table_copy(source, 1, sector_size, ignored)) return;
    const std::uint64_t last = source.size() / sector_size - 1;
    auto table = find_table_copy(source, last, sector_size, ignored);
    if (!table) continue;
    constexpr std::uint64_t k_usual_place = 2; // behind the header
    if (table->first_usable_sector() < k_usual_place + table->array_sectors()) return;
    table->set_other_sector(table->own_sector());
    table->set_own_sector(1);
    table->set_array_sector(k_usual_place);
    FileRegion disk(fd, 0, source.size(), name);
    write_copy(disk, *table);
    return;
  }
}

} // namespace imagewright::disk
