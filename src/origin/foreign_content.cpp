// SPDX-License-Identifier: MIT
#include "foreign_content.hpp"

#include <array>
#include <string>

#include <imagewright/base/byte_order.hpp>

namespace imagewright::origin {

namespace {

struct Signature {
  std::uint64_t offset;
  std::string_view bytes;
  std::string_view name;
};

constexpr std::string_view k_raid("\xfc\x4e\x2b\xa9", 4);
constexpr std::string_view k_raid_name = "a part of a RAID (md)";

// Each as its own documentation has it: LUKS on-disk format 1.2 and 2, md superblock 1.2 (at 4 KiB)
// and 1.1 (at 0), LVM2 label, XFS, Btrfs, SquashFS, EROFS, F2FS, BitLocker, NTFS; a swap area (at
// the end of the first page, which has 4 KiB or 64 KiB).
constexpr std::array k_signatures = {
    Signature{0, "XFSB", "an XFS filesystem"},
    Signature{0x10040, "_BHRfS_M", "a Btrfs filesystem"},
    Signature{0, std::string_view("LUKS\xba\xbe", 6), "an encrypted volume (LUKS)"},
    Signature{3, "-FVE-FS-", "an encrypted volume (BitLocker)"},
    Signature{0x1000, k_raid, k_raid_name},
    Signature{0, k_raid, k_raid_name},
    Signature{0, "LABELONE", "a physical volume of LVM"},
    Signature{0x200, "LABELONE", "a physical volume of LVM"},
    Signature{0x400, "LABELONE", "a physical volume of LVM"},
    Signature{0x600, "LABELONE", "a physical volume of LVM"},
    Signature{0, "hsqs", "a SquashFS filesystem"},
    Signature{0x400, std::string_view("\xe2\xe1\xf5\xe0", 4), "an EROFS filesystem"},
    Signature{0x400, std::string_view("\x10\x20\xf5\xf2", 4), "an F2FS filesystem"},
    Signature{3, "NTFS    ", "an NTFS filesystem"},
    Signature{0x1000 - 10, "SWAPSPACE2", k_swap_area},
    Signature{0x10000 - 10, "SWAPSPACE2", k_swap_area}};

bool has_bytes(const fs::ByteSource& partition, std::uint64_t offset, std::string_view bytes) {
  if (partition.size() < bytes.size() || offset > partition.size() - bytes.size()) return false;
  base::Bytes found(bytes.size());
  partition.read(offset, found);
  return base::as_text(found) == bytes;
}

} // namespace

bool is_raid_member(const fs::ByteSource& partition) {
  // linux/raid/md_p.h: version 0.90 has its superblock in the last whole 64 KiB but one, 1.0 within
  // the last 8 to 12 KiB.
  constexpr std::uint64_t k_old_unit = 0x10000;
  constexpr std::uint64_t k_unit = 0x1000;
  const std::uint64_t size = partition.size();
  if (size < 2 * k_old_unit) return false;
  const std::uint64_t old_place = size / k_old_unit * k_old_unit - k_old_unit;
  const std::uint64_t place = (size - 2 * k_unit) / k_unit * k_unit;
  return has_bytes(partition, old_place, k_raid) || has_bytes(partition, place, k_raid);
}

std::string_view foreign_content(const fs::ByteSource& partition) {
  for (const Signature& signature : k_signatures) {
    if (has_bytes(partition, signature.offset, signature.bytes)) return signature.name;
  }
  return is_raid_member(partition) ? k_raid_name : std::string_view();
}

} // namespace imagewright::origin
