// SPDX-License-Identifier: MIT
// UEFI specification 2.10, section 5.3: the GUID partition table.
#include <algorithm>
#include <optional>

#include <imagewright/base/crc32.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/guid.hpp>
#include <imagewright/disk/partition_table.hpp>

#include "disk/fat/name.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint64_t k_sector = 512;
constexpr std::string_view k_signature = "EFI PART";
constexpr std::size_t k_smallest_header = 92;
constexpr std::uint32_t k_smallest_entry = 128;
constexpr std::uint64_t k_largest_array = std::uint64_t{1} << 20U;
constexpr std::size_t k_header_checksum = 16;

struct Header {
  base::Uuid disk_uuid;
  std::uint64_t array_sector = 0;
  std::uint32_t entry_count = 0;
  std::uint32_t entry_size = 0;
  std::uint32_t array_checksum = 0;
};

[[noreturn]] void corrupt(const std::string& what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-partition-table",
                    "the partition table is damaged: " + what, "copy or make the image again");
}

/// The header at this sector, when there is a whole one.
std::optional<Header> read_header(const fs::ByteSource& disk, std::uint64_t sector) {
  Bytes bytes(k_sector);
  disk.read(sector * k_sector, bytes);
  if (as_text(bytes).substr(0, k_signature.size()) != k_signature) return std::nullopt;
  const auto size = get<std::uint32_t>(bytes, 12);
  if (size < k_smallest_header || size > bytes.size()) return std::nullopt;
  const auto checksum = get<std::uint32_t>(bytes, k_header_checksum);
  put(bytes, k_header_checksum, std::uint32_t{0});
  if (base::crc32(std::span(bytes).first(size)) != checksum) return std::nullopt;
  return Header{.disk_uuid = base::get_guid(bytes, 56),
                .array_sector = get<std::uint64_t>(bytes, 72),
                .entry_count = get<std::uint32_t>(bytes, 80),
                .entry_size = get<std::uint32_t>(bytes, 84),
                .array_checksum = get<std::uint32_t>(bytes, 88)};
}

Bytes read_array(const fs::ByteSource& disk, const Header& header) {
  const std::uint64_t length = std::uint64_t{header.entry_count} * header.entry_size;
  if (header.entry_size < k_smallest_entry || length > k_largest_array) {
    corrupt("its entries have an impossible size");
  }
  const std::uint64_t sectors = disk.size() / k_sector;
  if (header.array_sector >= sectors || length > disk.size() - header.array_sector * k_sector) {
    corrupt("its entries are beyond the end of the disk");
  }
  Bytes array(length);
  disk.read(header.array_sector * k_sector, array);
  if (base::crc32(array) != header.array_checksum) corrupt("the checksum of its entries is wrong");
  return array;
}

std::string get_label(std::span<const std::byte> entry) {
  std::u16string units;
  for (std::size_t offset = 56; offset < k_smallest_entry; offset += 2) {
    const auto unit = get<std::uint16_t>(entry, offset);
    if (unit == 0) break;
    units.push_back(static_cast<char16_t>(unit));
  }
  return to_utf8(units);
}

} // namespace

void PartitionSource::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  if (offset > size_ || buffer.size() > size_ - offset) {
    throw base::Error(base::FailureKind::verification, "disk.read-beyond-end",
                      "something in a filesystem points beyond the end of its partition",
                      "copy or make the image again");
  }
  disk_.read(start_ + offset, buffer);
}

PartitionTable read_partition_table(const fs::ByteSource& disk) {
  const std::uint64_t sectors = disk.size() / k_sector;
  std::optional<Header> header;
  if (sectors > 2) header = read_header(disk, 1);
  // The backup stands in the last sector.
  if (!header && sectors > 2) header = read_header(disk, sectors - 1);
  if (!header) {
    throw base::Error(base::FailureKind::verification, "disk.no-partition-table",
                      "the disk has no GUID partition table",
                      "images here have one; a disk with an MBR alone cannot be inspected");
  }
  const Bytes array = read_array(disk, *header);
  PartitionTable table{.disk_uuid = header->disk_uuid};
  for (std::uint32_t index = 0; index < header->entry_count; ++index) {
    const auto entry =
        std::span(array).subspan(std::size_t{index} * header->entry_size, header->entry_size);
    const base::Uuid type = base::get_guid(entry, 0);
    if (type == base::Uuid{}) continue; // unused
    const auto first = get<std::uint64_t>(entry, 32);
    const auto last = get<std::uint64_t>(entry, 40);
    if (first > last || last >= sectors) corrupt("a partition is beyond the end of the disk");
    table.partitions.push_back({.number = index + 1,
                                .type = type,
                                .uuid = base::get_guid(entry, 16),
                                .label = get_label(entry),
                                .attributes = get<std::uint64_t>(entry, 48),
                                .start = base::ByteSize(first * k_sector),
                                .size = base::ByteSize((last - first + 1) * k_sector)});
  }
  return table;
}

} // namespace imagewright::disk
