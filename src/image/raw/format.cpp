// SPDX-License-Identifier: MIT
#include "image/raw/format.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include <imagewright/base/byte_order.hpp>

#include "image/corrupt.hpp"
#include "image/file_source.hpp"
#include "image/flat_reader.hpp"

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_sector = 512;

/// What the content of a disk begins with that has a partition table or one filesystem.
struct Signature {
  std::uint64_t offset = 0;
  std::string_view bytes;
};

// libblkid knows the same places.
constexpr std::array k_signatures{
    Signature{512, "EFI PART"},          // GPT
    Signature{4096, "EFI PART"},         // GPT of sectors of 4096 bytes
    Signature{510, "\x55\xaa"},          // MBR, FAT
    Signature{1080, "\x53\xef"},         // ext2, ext3, ext4
    Signature{0, "XFSB"},                //
    Signature{65600, "_BHRfS_M"},        // btrfs
    Signature{4086, "SWAPSPACE2"},       //
    Signature{32769, "CD001"},           // ISO 9660
    Signature{0, "hsqs"},                // squashfs
    Signature{1024, "\xe2\xe1\xf5\xe0"}, // erofs
    Signature{0, "LUKS\xba\xbe"},        //
    Signature{536, "LVM2 001"},          // a physical volume
    Signature{1024, "\x10\x20\xf5\xf2"}, // f2fs
};

bool has_text(const fs::ByteSource& file, std::uint64_t offset, std::string_view wanted) {
  return text_at(file, offset, wanted.size()) == wanted;
}

/// A disk on which nothing is yet.
bool is_blank(const fs::ByteSource& file) {
  const auto* on_host = dynamic_cast<const FileSource*>(&file);
  const std::vector<DiskExtent> extents =
      on_host != nullptr ? on_host->data_extents() : std::vector<DiskExtent>{{0, file.size()}};
  std::vector<std::byte> buffer(k_unit_size);
  for (const DiskExtent& extent : extents) {
    for (std::uint64_t done = 0; done < extent.length; done += buffer.size()) {
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), extent.length - done));
      file.read(extent.offset + done, piece);
      if (!is_all_zero(piece)) return false;
    }
  }
  return file.size() > 0;
}

/// A GPT of which only the backup, in the last sector, is left. A file in which a disk is wrapped
/// may end with that sector as well, but then the sector is not where it says that it is
/// (UEFI 2.10, section 5.3.2: MyLBA).
bool has_backup_table(const fs::ByteSource& file, std::uint64_t sector) {
  if (file.size() < 2 * sector || file.size() % sector != 0) return false;
  const std::uint64_t start = file.size() - sector;
  if (!has_text(file, start, "EFI PART")) return false;
  std::array<std::byte, 8> place{};
  file.read(start + 24, place);
  return base::little_endian::get<std::uint64_t>(place, 0) == start / sector;
}

bool recognises_raw(const fs::ByteSource& file, const std::string&) {
  for (const Signature& signature : k_signatures) {
    if (has_text(file, signature.offset, signature.bytes)) return true;
  }
  return has_backup_table(file, k_sector) || has_backup_table(file, 8 * k_sector) || is_blank(file);
}

std::unique_ptr<ImageReader> open_raw(const fs::ByteSource& file, const std::string& name) {
  return std::make_unique<FlatReader>(file, file.size(), model::ImageFormat::raw, name);
}

void accept_any_size(std::uint64_t) {}

std::vector<std::byte> no_trailer(std::uint64_t, const DiskIdentity&) {
  return {};
}

} // namespace

constinit const FormatWriter k_raw_writer{.check_size = accept_any_size, .trailer = no_trailer};
constinit const FormatReader k_raw_reader{.recognises = recognises_raw, .open = open_raw};

} // namespace imagewright::image
