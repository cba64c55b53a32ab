// SPDX-License-Identifier: MIT
#include "image/grow_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/crc32.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::image {

namespace {

using base::Bytes;
using base::little_endian::get;
using base::little_endian::put;

// UEFI specification 2.10, table 5.5.
constexpr std::string_view k_signature = "EFI PART";
constexpr std::size_t k_header_size = 12;
constexpr std::size_t k_header_checksum = 16;
constexpr std::size_t k_own_place = 24;
constexpr std::size_t k_other_place = 32;
constexpr std::size_t k_last_usable = 48;
constexpr std::size_t k_array_place = 72;
constexpr std::size_t k_entry_count = 80;
constexpr std::size_t k_entry_size = 84;
constexpr std::size_t k_array_checksum = 88;
constexpr std::size_t k_smallest_header = 92;
constexpr std::uint64_t k_largest_array = std::uint64_t{1} << 20U;
// Table 5.3 and 5.4: the record of the whole disk.
constexpr std::size_t k_first_record = 446;
constexpr std::size_t k_record_type = 4;
constexpr std::size_t k_record_length = 12;
constexpr std::byte k_protective{0xEE};

std::uint32_t header_checksum(Bytes header) {
  const auto size = get<std::uint32_t>(header, k_header_size);
  put(header, k_header_checksum, std::uint32_t{0});
  return base::crc32(std::span(header).first(size));
}

class GrownDisk {
public:
  GrownDisk(int raw, std::string name, std::uint64_t size)
      : name_(std::move(name)), fd_(raw), size_(size) {
    struct stat status {};
    if (fstat(fd_, &status) != 0)
      base::throw_system_error("fs.cannot-read", "cannot examine", name_, errno);
    old_size_ = static_cast<std::uint64_t>(status.st_size);
  }

  GrownTable grow() {
    const bool is_found = find_header();
    if (ftruncate(fd_, static_cast<off_t>(size_)) != 0)
      base::throw_system_error("fs.cannot-write", "cannot set the size of", name_, errno);
    if (!is_found) return GrownTable::none;
    return move_table() ? GrownTable::moved : GrownTable::damaged;
  }

private:
  bool find_header() {
    for (const std::uint64_t sector : {std::uint64_t{512}, std::uint64_t{4096}}) {
      if (old_size_ < 2 * sector) continue;
      Bytes header = read(sector, sector);
      if (base::as_text(std::span(header).first(k_signature.size())) != k_signature) continue;
      sector_ = sector;
      header_ = std::move(header);
      return true;
    }
    return false;
  }

  bool move_table() {
    const auto header_size = get<std::uint32_t>(header_, k_header_size);
    if (header_size < k_smallest_header || header_size > sector_ ||
        get<std::uint32_t>(header_, k_header_checksum) != header_checksum(header_)) {
      return false;
    }
    const std::uint64_t array_bytes = std::uint64_t{get<std::uint32_t>(header_, k_entry_count)} *
                                      get<std::uint32_t>(header_, k_entry_size);
    const auto array_place = get<std::uint64_t>(header_, k_array_place);
    if (array_bytes == 0 || array_bytes > k_largest_array ||
        array_place > (old_size_ - array_bytes) / sector_) {
      return false;
    }
    const Bytes array = read(array_place * sector_, array_bytes);
    if (base::crc32(array) != get<std::uint32_t>(header_, k_array_checksum)) return false;
    const std::uint64_t array_sectors = (array_bytes + sector_ - 1) / sector_;
    const std::uint64_t last = size_ / sector_ - 1;
    clear_old_backup(array_sectors);
    put(header_, k_other_place, last);
    put(header_, k_last_usable, last - array_sectors - 1);
    write_header(1);
    put(header_, k_own_place, last);
    put(header_, k_other_place, std::uint64_t{1});
    put(header_, k_array_place, last - array_sectors);
    write((last - array_sectors) * sector_, array);
    write_header(last);
    update_protective_record(last);
    return true;
  }

  /// A second backup in the middle of the free space would be found by those who search for one.
  void clear_old_backup(std::uint64_t array_sectors) {
    const std::uint64_t old_backup = get<std::uint64_t>(header_, k_other_place);
    const std::uint64_t old_last_usable = get<std::uint64_t>(header_, k_last_usable);
    const std::uint64_t end = old_size_ / sector_;
    const bool is_behind_all = old_backup < end && old_backup > old_last_usable + array_sectors;
    if (!is_behind_all) return;
    const Bytes found = read(old_backup * sector_, sector_);
    if (base::as_text(std::span(found).first(k_signature.size())) != k_signature) return;
    write((old_backup - array_sectors) * sector_, Bytes((array_sectors + 1) * sector_));
  }

  void update_protective_record(std::uint64_t last) {
    Bytes record = read(0, 512);
    if (record[k_first_record + k_record_type] != k_protective) return;
    put(record, k_first_record + k_record_length,
        static_cast<std::uint32_t>(std::min<std::uint64_t>(last, UINT32_MAX)));
    write(0, record);
  }

  void write_header(std::uint64_t place) {
    put(header_, k_header_checksum, header_checksum(header_));
    write(place * sector_, header_);
  }

  Bytes read(std::uint64_t offset, std::uint64_t length) const {
    Bytes bytes(length);
    fs::read_exactly(fd_, bytes, offset, name_);
    return bytes;
  }
  void write(std::uint64_t offset, const Bytes& bytes) const {
    fs::write_exactly(fd_, bytes, offset, name_);
  }

  std::string name_;
  int fd_; ///< borrowed
  std::uint64_t size_;
  std::uint64_t old_size_ = 0;
  std::uint64_t sector_ = 512;
  Bytes header_;
};

} // namespace

GrownTable grow_disk(int raw, const std::string& name, std::uint64_t size) {
  return GrownDisk(raw, name, size).grow();
}

} // namespace imagewright::image
