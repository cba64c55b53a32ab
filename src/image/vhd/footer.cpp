// SPDX-License-Identifier: MIT
#include "image/vhd/footer.hpp"

#include <algorithm>
#include <cstring>

#include "image/big_endian.hpp"

namespace imagewright::image {

namespace {

// Section "Hard Disk Footer Format": seconds since 2000-01-01 00:00:00 UTC.
constexpr std::int64_t k_vhd_epoch = 946'684'800;

} // namespace

std::uint32_t vhd_checksum(std::span<const std::byte> structure, std::size_t checksum_offset) {
  std::uint32_t sum = 0;
  for (std::size_t index = 0; index < structure.size(); ++index) {
    const bool is_checksum = index >= checksum_offset && index < checksum_offset + 4;
    if (!is_checksum) sum += std::to_integer<std::uint32_t>(structure[index]);
  }
  return ~sum;
}

std::vector<std::byte> make_vhd_footer(VhdKind kind, std::uint64_t disk_size,
                                       const DiskIdentity& identity) {
  Bytes footer(k_vhd_sector);
  put_text(footer, 0, "conectix");
  put(footer, 8, std::uint32_t{2});        // features: the reserved bit is always set
  put(footer, 12, std::uint32_t{0x10000}); // version 1.0
  put(footer, 16, kind == VhdKind::fixed ? UINT64_MAX : k_vhd_sector); // the dynamic header
  const std::int64_t seconds = identity.epoch.time_since_epoch().count() - k_vhd_epoch;
  put(footer, 24, static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, UINT32_MAX)));
  put_text(footer, 28, "imgw");
  put(footer, 32, std::uint32_t{0x10000});
  put_text(footer, 36, "Wi2k"); // the specification knows Windows and Macintosh
  put(footer, 40, disk_size);   // original
  put(footer, 48, disk_size);   // current
  // The largest geometry that can be written says: the size is what counts. Programs that multiply
  // cylinders, heads and sectors would otherwise cut the disk off.
  put(footer, 56, std::uint16_t{UINT16_MAX});
  put(footer, 58, std::uint8_t{16});
  put(footer, 59, std::uint8_t{255});
  put(footer, 60, static_cast<std::uint32_t>(kind));
  std::memcpy(footer.data() + 68, identity.disk_uuid.bytes.data(), identity.disk_uuid.bytes.size());
  put(footer, k_vhd_footer_checksum, vhd_checksum(footer, k_vhd_footer_checksum));
  return footer;
}

std::vector<std::byte> make_vhd_dynamic_header(std::uint64_t table_offset,
                                               std::uint32_t table_entries) {
  Bytes header(k_vhd_dynamic_header_size);
  put_text(header, 0, "cxsparse");
  put(header, 8, UINT64_MAX); // no further structures
  put(header, 16, table_offset);
  put(header, 24, std::uint32_t{0x10000});
  put(header, 28, table_entries);
  put(header, 32, static_cast<std::uint32_t>(k_vhd_block));
  put(header, k_vhd_header_checksum, vhd_checksum(header, k_vhd_header_checksum));
  return header;
}

} // namespace imagewright::image
