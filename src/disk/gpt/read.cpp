// SPDX-License-Identifier: MIT
// UEFI specification 2.10, section 5.3: the GUID partition table.
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/guid.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/partition_table.hpp>

#include "disk/fat/name.hpp"
#include "disk/gpt/table_copy.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint64_t k_fewest_sectors = 3;

[[noreturn]] void corrupt(const std::string& what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-partition-table",
                    "the partition table is damaged: " + what,
                    "mend it with \"sgdisk\" or \"gdisk\", or copy or make the image again");
}

/// The first copy that is whole: that at the start of the disk, else that in its last sector, for
/// either size of sectors. `complaint` says why a copy that is there is of no use: the first is
/// about the one that matters most.
std::optional<TableCopy> find_table(const fs::ByteSource& disk, std::string& complaint) {
  for (const std::uint64_t size : k_gpt_sector_sizes) {
    if (disk.size() / size < k_fewest_sectors) continue;
    for (const std::uint64_t sector : {std::uint64_t{1}, disk.size() / size - 1}) {
      auto found = find_table_copy(disk, sector, size, complaint);
      if (!found) continue;
      if (sector != 1 && complaint.empty()) complaint = "its copy at the start is missing";
      return found;
    }
  }
  return std::nullopt;
}

/// Why no table was found. Throws always.
[[noreturn]] void refuse(const fs::ByteSource& disk, const std::string& complaint) {
  if (!complaint.empty()) corrupt(complaint + ", and there is no backup that is whole");
  constexpr std::size_t signature_place = 510;
  Bytes start(512);
  const bool has_start = disk.size() >= start.size();
  if (has_start) disk.read(0, start);
  const bool has_mbr = has_start && get<std::uint16_t>(start, signature_place) == 0xAA55;
  throw base::Error(base::FailureKind::verification, "disk.no-partition-table",
                    "the disk has no GUID partition table",
                    has_mbr ? "images here have one; a disk with an MBR alone cannot be inspected"
                            : "give the image of a whole disk");
}

/// Entries that are not in use have no type. Throws for one that is not inside of the disk.
template <typename Visit>
void for_each_entry(const TableCopy& copy, std::uint64_t disk_size, const Visit& visit) {
  const std::uint64_t sectors = disk_size / copy.sector_size();
  for (std::uint32_t index = 0; index < copy.entry_count(); ++index) {
    const auto entry =
        std::span(copy.array).subspan(std::size_t{index} * copy.entry_size(), copy.entry_size());
    if (base::get_guid(entry, 0) == base::Uuid{}) continue;
    const auto first = get<std::uint64_t>(entry, 32);
    const auto last = get<std::uint64_t>(entry, 40);
    if (first > last || last >= sectors) corrupt("a partition is beyond the end of the disk");
    visit(index + 1, entry, first, last);
  }
}

std::string get_label(std::span<const std::byte> entry) {
  std::u16string units;
  for (std::size_t offset = 56; offset < k_smallest_gpt_entry; offset += 2) {
    const auto unit = get<std::uint16_t>(entry, offset);
    if (unit == 0) break;
    units.push_back(static_cast<char16_t>(unit));
  }
  return to_utf8(units);
}

} // namespace

std::string PartitionEntry::name() const {
  return label.empty() ? fmt::format("#{}", number) : label;
}

bool PartitionEntry::has_name(model::MountIdentifier kind, const std::string& text,
                              const std::optional<std::string>& filesystem_uuid) const {
  switch (kind) {
  case model::MountIdentifier::part_label:
    return label == text;
  case model::MountIdentifier::part_uuid:
    return base::to_lower(uuid.to_string()) == base::to_lower(text);
  case model::MountIdentifier::uuid:
    break;
  }
  return filesystem_uuid && base::to_lower(*filesystem_uuid) == base::to_lower(text);
}

void PartitionSource::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  if (offset > size_ || buffer.size() > size_ - offset) {
    throw base::Error(base::FailureKind::verification, "disk.read-beyond-end",
                      "something in a filesystem points beyond the end of its partition",
                      "copy or make the image again");
  }
  disk_.read(start_ + offset, buffer);
}

PartitionTable read_partition_table(const fs::ByteSource& disk) {
  std::string complaint;
  const auto copy = find_table(disk, complaint);
  if (!copy) refuse(disk, complaint);
  PartitionTable table{.disk_uuid = base::get_guid(copy->header, 56),
                       .partitions = {},
                       .sector_size = static_cast<std::uint32_t>(copy->sector_size()),
                       .complaint = std::move(complaint)};
  for_each_entry(*copy, disk.size(),
                 [&](std::uint32_t number, std::span<const std::byte> entry, std::uint64_t first,
                     std::uint64_t last) {
                   table.partitions.push_back(
                       {.number = number,
                        .type = base::get_guid(entry, 0),
                        .uuid = base::get_guid(entry, 16),
                        .label = get_label(entry),
                        .attributes = get<std::uint64_t>(entry, 48),
                        .start = base::ByteSize(first * copy->sector_size()),
                        .size = base::ByteSize((last - first + 1) * copy->sector_size())});
                 });
  return table;
}

void require_whole_partitions(const fs::ByteSource& disk) {
  std::string ignored; // what is wrong with a copy
  for (const std::uint64_t size : k_gpt_sector_sizes) {
    const auto copy = find_table_copy(disk, 1, size, ignored);
    if (!copy) continue;
    for_each_entry(*copy, disk.size(), [](auto&&...) {});
    return;
  }
}

} // namespace imagewright::disk
