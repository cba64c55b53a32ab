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

// Each as its own documentation has it: LUKS on-disk format 1.2 and 2, md superblock 1.2 (at 4 KiB)
// and 1.1 (at 0), LVM2 label, XFS, Btrfs, SquashFS, EROFS, F2FS, BitLocker, NTFS; a swap area (at
// the end of the first page, which has 4 KiB or 64 KiB).
constexpr std::array k_signatures = {
    Signature{0, "XFSB", "an XFS filesystem"},
    Signature{0x10040, "_BHRfS_M", "a Btrfs filesystem"},
    Signature{0, std::string_view("LUKS\xba\xbe", 6), "an encrypted volume (LUKS)"},
    Signature{3, "-FVE-FS-", "an encrypted volume (BitLocker)"},
    Signature{0x1000, std::string_view("\xfc\x4e\x2b\xa9", 4), "a part of a RAID (md)"},
    Signature{0, std::string_view("\xfc\x4e\x2b\xa9", 4), "a part of a RAID (md)"},
    Signature{0x200, "LABELONE", "a physical volume of LVM"},
    Signature{0, "hsqs", "a SquashFS filesystem"},
    Signature{0x400, std::string_view("\xe2\xe1\xf5\xe0", 4), "an EROFS filesystem"},
    Signature{0x400, std::string_view("\x10\x20\xf5\xf2", 4), "an F2FS filesystem"},
    Signature{3, "NTFS    ", "an NTFS filesystem"},
    Signature{0x1000 - 10, "SWAPSPACE2", k_swap_area},
    Signature{0x10000 - 10, "SWAPSPACE2", k_swap_area}};

} // namespace

std::string_view foreign_content(const fs::ByteSource& partition) {
  for (const Signature& signature : k_signatures) {
    const std::size_t length = signature.bytes.size();
    if (partition.size() < length || signature.offset > partition.size() - length) continue;
    base::Bytes found(length);
    partition.read(signature.offset, found);
    if (base::as_text(found) == signature.bytes) return signature.name;
  }
  return {};
}

} // namespace imagewright::origin
