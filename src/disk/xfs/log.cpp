// SPDX-License-Identifier: MIT
#include "disk/xfs/log.hpp"

#include <algorithm>
#include <optional>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

namespace {

using base::big_endian::get;

constexpr std::size_t k_sector = 512;
constexpr std::uint32_t k_header_magic = 0xFEEDBABE;
constexpr std::uint32_t k_plain_record = 32'768; // bytes that one header describes
constexpr std::uint8_t k_unmount = 0x20;

/// The header of the record that was written last.
struct LastRecord {
  std::uint64_t sequence = 0; ///< the log's cycle and the sector in it
  std::uint64_t sector = 0;
  std::uint32_t operations = 0;
  std::uint32_t size = 0;
};

/// No other sector starts like a header: the log puts the number of its cycle before each.
std::optional<LastRecord> find_last_record(const XfsVolume& volume, std::uint64_t place,
                                           std::uint64_t length) {
  constexpr std::uint64_t part_size = std::uint64_t{1} << 20U;
  std::optional<LastRecord> last;
  Bytes part(std::min(part_size, length));
  for (std::uint64_t done = 0; done < length; done += part.size()) {
    part.resize(std::min<std::uint64_t>(part_size, length - done));
    volume.source().read(place + done, part);
    for (std::size_t offset = 0; offset + k_sector <= part.size(); offset += k_sector) {
      const auto sector = std::span(part).subspan(offset, k_sector);
      if (get<std::uint32_t>(sector, 0) != k_header_magic) continue;
      const auto sequence = get<std::uint64_t>(sector, 16);
      if (last && sequence < last->sequence) continue;
      last = {.sequence = sequence,
              .sector = (done + offset) / k_sector,
              .operations = get<std::uint32_t>(sector, 40),
              .size = get<std::uint32_t>(sector, 320)};
    }
  }
  return last;
}

} // namespace

void require_clean_xfs_log(const XfsVolume& volume) {
  const XfsGeometry& shape = volume.shape();
  const std::uint64_t place = volume.place_of(shape.log_block, shape.log_blocks);
  const std::uint64_t length = std::uint64_t{shape.log_blocks} * shape.block_size;
  const auto last = find_last_record(volume, place, length);
  if (!last) return; // nothing was ever written
  const std::uint64_t headers =
      std::max<std::uint64_t>(1, (last->size + std::uint64_t{k_plain_record} - 1) / k_plain_record);
  const std::uint64_t sectors = length / k_sector;
  if (headers >= sectors) throw_corrupt_xfs("its log is too small for its records");
  Bytes operation(k_sector);
  volume.source().read(place + (last->sector + headers) % sectors * k_sector, operation);
  const bool is_unmount =
      last->operations == 1 && (get<std::uint8_t>(operation, 9) & k_unmount) != 0;
  if (is_unmount) return;
  throw base::Error(
      base::FailureKind::input, "disk.journal-unsupported",
      "the XFS filesystem was not unmounted, and its log cannot be put into place here",
      "shut the system down cleanly before its disk is taken, or mount and unmount "
      "the filesystem once");
}

} // namespace imagewright::disk
