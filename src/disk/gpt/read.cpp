// SPDX-License-Identifier: MIT
// UEFI specification 2.10, section 5.3: the GUID partition table.
#include <array>
#include <optional>
#include <utility>

#include <imagewright/base/crc32.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/guid.hpp>
#include <imagewright/disk/partition_table.hpp>

#include "disk/fat/name.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::array<std::uint64_t, 2> k_sector_sizes = {512, 4096};
constexpr std::string_view k_signature = "EFI PART";
constexpr std::size_t k_smallest_header = 92;
constexpr std::uint32_t k_smallest_entry = 128;
constexpr std::uint64_t k_largest_array = std::uint64_t{1} << 20U;
constexpr std::size_t k_header_checksum = 16;
constexpr std::uint64_t k_fewest_sectors = 3;

/// One of the two copies of a table.
struct Copy {
  base::Uuid disk_uuid;
  std::uint64_t sector_size = 0;
  std::uint64_t array_sector = 0;
  std::uint32_t entry_count = 0;
  std::uint32_t entry_size = 0;
  std::uint32_t array_checksum = 0;
};

[[noreturn]] void corrupt(const std::string& what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-partition-table",
                    "the partition table is damaged: " + what,
                    "mend it with \"sgdisk\" or \"gdisk\", or copy or make the image again");
}

bool has_signature(const fs::ByteSource& disk, std::uint64_t offset) {
  if (offset + k_signature.size() > disk.size()) return false;
  Bytes bytes(k_signature.size());
  disk.read(offset, bytes);
  return as_text(bytes) == k_signature;
}

/// Looks for a table and remembers why a copy that is there is of no use.
class TableFinder {
public:
  explicit TableFinder(const fs::ByteSource& disk) : disk_(disk) {}

  /// The first copy that is whole: that at the start of the disk, else that in its last sector, for
  /// either size of sectors.
  std::optional<std::pair<Copy, Bytes>> find() {
    for (const std::uint64_t size : k_sector_sizes) {
      if (disk_.size() / size < k_fewest_sectors) continue;
      for (const std::uint64_t sector : {std::uint64_t{1}, disk_.size() / size - 1}) {
        if (auto found = find_at(sector, size)) return found;
      }
    }
    return std::nullopt;
  }

  /// Empty when there was nothing that looks like a table.
  const std::string& complaint() const { return complaint_; }

private:
  std::optional<std::pair<Copy, Bytes>> find_at(std::uint64_t sector, std::uint64_t size) {
    if (!has_signature(disk_, sector * size)) return std::nullopt;
    const auto copy = read_header(sector, size);
    if (!copy) return std::nullopt;
    auto array = read_array(*copy);
    if (!array) return std::nullopt;
    return std::pair(*copy, std::move(*array));
  }

  std::optional<Copy> read_header(std::uint64_t sector, std::uint64_t sector_size) {
    Bytes bytes(sector_size);
    disk_.read(sector * sector_size, bytes);
    const auto size = get<std::uint32_t>(bytes, 12);
    if (size < k_smallest_header || size > bytes.size())
      return complain("its header has an impossible size");
    const auto checksum = get<std::uint32_t>(bytes, k_header_checksum);
    put(bytes, k_header_checksum, std::uint32_t{0});
    if (base::crc32(std::span(bytes).first(size)) != checksum)
      return complain("the checksum of its header is wrong");
    return Copy{.disk_uuid = base::get_guid(bytes, 56),
                .sector_size = sector_size,
                .array_sector = get<std::uint64_t>(bytes, 72),
                .entry_count = get<std::uint32_t>(bytes, 80),
                .entry_size = get<std::uint32_t>(bytes, 84),
                .array_checksum = get<std::uint32_t>(bytes, 88)};
  }

  std::optional<Bytes> read_array(const Copy& copy) {
    const std::uint64_t length = std::uint64_t{copy.entry_count} * copy.entry_size;
    if (copy.entry_size < k_smallest_entry || length > k_largest_array) {
      complain("its entries have an impossible size");
      return std::nullopt;
    }
    const std::uint64_t sectors = disk_.size() / copy.sector_size;
    if (copy.array_sector >= sectors ||
        length > disk_.size() - copy.array_sector * copy.sector_size) {
      complain("its entries are beyond the end of the disk");
      return std::nullopt;
    }
    Bytes array(length);
    disk_.read(copy.array_sector * copy.sector_size, array);
    if (base::crc32(array) == copy.array_checksum) return array;
    complain("the checksum of its entries is wrong");
    return std::nullopt;
  }

  /// The first complaint is about the copy that matters most.
  std::nullopt_t complain(const std::string& what) {
    if (complaint_.empty()) complaint_ = what;
    return std::nullopt;
  }

  const fs::ByteSource& disk_;
  std::string complaint_;
};

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
  TableFinder finder(disk);
  const auto found = finder.find();
  if (!found) refuse(disk, finder.complaint());
  const auto& [copy, array] = *found;
  PartitionTable table{.disk_uuid = copy.disk_uuid,
                       .partitions = {},
                       .sector_size = static_cast<std::uint32_t>(copy.sector_size),
                       .complaint = finder.complaint()};
  const std::uint64_t sectors = disk.size() / copy.sector_size;
  for (std::uint32_t index = 0; index < copy.entry_count; ++index) {
    const auto entry =
        std::span(array).subspan(std::size_t{index} * copy.entry_size, copy.entry_size);
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
                                .start = base::ByteSize(first * copy.sector_size),
                                .size = base::ByteSize((last - first + 1) * copy.sector_size)});
  }
  return table;
}

} // namespace imagewright::disk
