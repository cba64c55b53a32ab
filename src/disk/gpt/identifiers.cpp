// SPDX-License-Identifier: MIT
// UEFI specification 2.10, section 5.3: the GUID partition table.
#include <array>
#include <optional>

#include <imagewright/base/crc32.hpp>
#include <imagewright/base/guid.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/fs/file.hpp>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint64_t k_sector_size = 512;
constexpr std::uint64_t k_largest_array = std::uint64_t{1} << 20U;
constexpr std::size_t k_smallest_header = 92;
constexpr std::uint32_t k_smallest_entry = 128;
constexpr std::size_t k_header_checksum = 16;
constexpr std::size_t k_array_checksum = 88;

/// One copy of the table; it is whole.
struct Copy {
  Bytes header;
  Bytes array;

  std::uint32_t header_size() const { return get<std::uint32_t>(header, 12); }
  std::uint64_t place() const { return get<std::uint64_t>(header, 24) * k_sector_size; }
  std::uint64_t other() const { return get<std::uint64_t>(header, 32) * k_sector_size; }
  std::uint64_t array_place() const { return get<std::uint64_t>(header, 72) * k_sector_size; }
  std::uint32_t entry_count() const { return get<std::uint32_t>(header, 80); }
  std::uint32_t entry_size() const { return get<std::uint32_t>(header, 84); }

  std::uint32_t header_sum() const {
    Bytes blank = header;
    put(blank, k_header_checksum, std::uint32_t{0});
    return base::crc32(std::span(blank).first(header_size()));
  }
};

/// A file that is a whole disk.
class DiskFile {
public:
  DiskFile(int fd, std::uint64_t size, const std::string& name)
      : fd_(fd), name_(name), size_(size) {}

  std::optional<Copy> find(std::uint64_t place) const {
    Copy copy;
    if (!read(place, k_sector_size, copy.header)) return std::nullopt;
    if (as_text(std::span(copy.header).first(8)) != "EFI PART") return std::nullopt;
    if (copy.header_size() < k_smallest_header || copy.header_size() > k_sector_size)
      return std::nullopt;
    if (copy.header_sum() != get<std::uint32_t>(copy.header, k_header_checksum))
      return std::nullopt;
    const std::uint64_t length = std::uint64_t{copy.entry_count()} * copy.entry_size();
    if (copy.entry_size() < k_smallest_entry || length > k_largest_array) return std::nullopt;
    if (!read(copy.array_place(), length, copy.array)) return std::nullopt;
    if (base::crc32(copy.array) != get<std::uint32_t>(copy.header, k_array_checksum))
      return std::nullopt;
    return copy;
  }

  void write(Copy& copy) const {
    put(copy.header, k_array_checksum, base::crc32(copy.array));
    put(copy.header, k_header_checksum, copy.header_sum());
    fs::write_exactly(fd_, copy.array, copy.array_place(), name_);
    fs::write_exactly(fd_, copy.header, copy.place(), name_);
  }

  std::uint64_t last_sector() const { return (size_ / k_sector_size - 1) * k_sector_size; }

private:
  bool read(std::uint64_t place, std::uint64_t length, Bytes& bytes) const {
    if (place > size_ || length > size_ - place) return false;
    bytes.resize(length);
    fs::read_exactly(fd_, bytes, place, name_);
    return true;
  }

  int fd_;
  const std::string& name_;
  std::uint64_t size_;
};

void give(Copy& copy, const std::map<std::uint32_t, base::Uuid>& identifiers) {
  for (const auto& [number, uuid] : identifiers) {
    if (number == 0 || number > copy.entry_count()) continue;
    base::put_guid(copy.array, std::size_t{number - 1} * copy.entry_size() + 16, uuid);
  }
}

} // namespace

void set_partition_identifiers(int fd, std::uint64_t disk_size, const std::string& name,
                               const std::map<std::uint32_t, base::Uuid>& identifiers) {
  const DiskFile disk(fd, disk_size, name);
  std::optional<Copy> first = disk.find(k_sector_size);
  // Where a disk grew, the backup is where the first copy says.
  std::optional<Copy> backup = disk.find(first ? first->other() : disk.last_sector());
  for (std::optional<Copy>* copy : {&first, &backup}) {
    if (!*copy) continue;
    give(**copy, identifiers);
    disk.write(**copy);
  }
}

} // namespace imagewright::disk
