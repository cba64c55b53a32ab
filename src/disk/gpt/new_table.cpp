// SPDX-License-Identifier: MIT
// UEFI specification 2.10, sections 5.2.3 and 5.3: a protective MBR and both copies of a table.
#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/base/guid.hpp>
#include <imagewright/disk/partition_table.hpp>

#include "disk/block_device.hpp"
#include "disk/gpt/table_copy.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint64_t k_sector = 512;
constexpr std::uint32_t k_entry_count = 128;
constexpr std::uint64_t k_array_sectors = k_entry_count * k_smallest_gpt_entry / k_sector;
constexpr std::uint64_t k_first_usable = 2 + k_array_sectors;

Bytes protective_mbr(std::uint64_t last_sector) {
  Bytes mbr(k_sector);
  put(mbr, 446, std::uint32_t{0x00020000}); // not active, from CHS 0/0/2 on
  put(mbr, 450, std::uint32_t{0xFFFFFFEE}); // GPT protective, to where CHS does not reach
  put(mbr, 454, std::uint32_t{1});
  put(mbr, 458, static_cast<std::uint32_t>(std::min<std::uint64_t>(last_sector, UINT32_MAX)));
  put(mbr, 510, std::uint16_t{0xAA55});
  return mbr;
}

TableCopy new_copy(std::uint64_t last_sector, const base::Uuid& disk_uuid,
                   const std::vector<NewPartition>& partitions) {
  TableCopy copy{.header = Bytes(k_sector),
                 .array = Bytes(std::size_t{k_entry_count} * k_smallest_gpt_entry)};
  put_text(copy.header, 0, "EFI PART");
  put(copy.header, 8, std::uint32_t{0x00010000});
  put(copy.header, 12, std::uint32_t{92});
  put(copy.header, 40, k_first_usable);
  base::put_guid(copy.header, 56, disk_uuid);
  put(copy.header, 80, k_entry_count);
  put(copy.header, 84, k_smallest_gpt_entry);
  copy.set_last_usable_sector(last_sector - k_array_sectors - 1);
  std::size_t place = 0;
  for (const NewPartition& partition : partitions) {
    base::put_guid(copy.array, place, partition.type);
    base::put_guid(copy.array, place + 16, partition.uuid);
    const std::uint64_t first = partition.start.bytes() / k_sector;
    put(copy.array, place + 32, first);
    put(copy.array, place + 40, first + partition.size.bytes() / k_sector - 1);
    place += k_smallest_gpt_entry;
  }
  return copy;
}

} // namespace

void write_new_table(int fd, std::uint64_t disk_size, const std::string& name,
                     const base::Uuid& disk_uuid, const std::vector<NewPartition>& partitions) {
  IMAGEWRIGHT_ASSERT(partitions.size() <= k_entry_count &&
                     disk_size / k_sector > 2 * k_first_usable);
  FileRegion disk(fd, 0, disk_size, name);
  const std::uint64_t last = disk_size / k_sector - 1;
  disk.write(0, protective_mbr(last));
  TableCopy copy = new_copy(last, disk_uuid, partitions);
  const auto write_copy = [&](std::uint64_t own, std::uint64_t other, std::uint64_t array) {
    copy.set_own_sector(own);
    copy.set_other_sector(other);
    copy.set_array_sector(array);
    copy.update_checksums();
    disk.write(own * k_sector, copy.header);
    disk.write(array * k_sector, copy.array);
  };
  write_copy(1, last, 2);
  write_copy(last, 1, last - k_array_sectors);
}

} // namespace imagewright::disk
