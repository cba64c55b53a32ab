// SPDX-License-Identifier: MIT
#include "disk/btrfs/content.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <imagewright/base/crc32.hpp>
#include <imagewright/base/error.hpp>

namespace imagewright::disk {

namespace {

constexpr std::uint8_t k_extent_type = 108;
constexpr std::size_t k_inline_start = 21;
constexpr std::size_t k_regular_size = 53;
constexpr std::uint8_t k_inline = 0;
constexpr std::uint8_t k_preallocated = 2;
constexpr std::uint8_t k_last_kind = 2;
constexpr std::uint8_t k_last_compression = 3;
/// btrfs(5): 128 KiB of a file are compressed together.
constexpr std::uint64_t k_largest_compressed = std::uint64_t{128} << 10U;
constexpr std::uint64_t k_largest_extent = std::uint64_t{1} << 40U;
constexpr std::uint64_t k_checksum_object = 0xFFFFFFFFFFFFFFF6U;
constexpr std::uint8_t k_checksum_type = 128;

Bytes inflated(std::span<const std::byte> stored, std::size_t size) {
  Bytes plain(size);
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw base::BugError("zlib cannot start");
  // zlib's input pointer is not const unless it is asked to be; it does not write there.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(stored.data()));
  stream.avail_in = static_cast<uInt>(stored.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  const int code = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  // The last sector is filled up behind the stream.
  if (code != Z_STREAM_END && code != Z_BUF_ERROR)
    throw_corrupt_btrfs("compressed content cannot be expanded");
  // What the stream does not reach is zeros.
  return plain;
}

struct DecompressorCloser {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Bytes unzstd(std::span<const std::byte> stored, std::size_t size) {
  Bytes plain(size);
  const std::unique_ptr<ZSTD_DCtx, DecompressorCloser> context(ZSTD_createDCtx());
  IMAGEWRIGHT_ASSERT(context != nullptr);
  ZSTD_inBuffer input{stored.data(), stored.size(), 0};
  ZSTD_outBuffer output{plain.data(), plain.size(), 0};
  std::size_t left = 1;
  while (left != 0 && output.pos < output.size) {
    const std::size_t before = input.pos + output.pos;
    left = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(left) != 0 || (left != 0 && input.pos + output.pos == before))
      throw_corrupt_btrfs("compressed content cannot be expanded");
  }
  return plain;
}

Bytes expanded(const BtrfsExtent& extent, std::span<const std::byte> stored) {
  switch (extent.compression) {
  case BtrfsCompression::none:
    return {stored.begin(), stored.end()};
  case BtrfsCompression::zlib:
    return inflated(stored, extent.plain_size);
  case BtrfsCompression::zstd:
    return unzstd(stored, extent.plain_size);
  case BtrfsCompression::lzo:
    break;
  }
  throw base::BugError("LZO was let through");
}

BtrfsExtent inline_extent(std::span<const std::byte> item, BtrfsExtent extent) {
  const auto bytes = item.subspan(k_inline_start);
  extent.inline_bytes = Bytes(bytes.begin(), bytes.end());
  extent.length = extent.plain_size;
  if (extent.compression == BtrfsCompression::none && extent.plain_size > bytes.size())
    throw_corrupt_btrfs("the content of a file is cut off");
  return extent;
}

std::optional<BtrfsExtent> regular_extent(std::span<const std::byte> item, BtrfsExtent extent) {
  if (item.size() < k_regular_size) throw_corrupt_btrfs("an extent is cut off");
  extent.address = get<std::uint64_t>(item, 21);
  extent.stored_size = get<std::uint64_t>(item, 29);
  extent.skipped = get<std::uint64_t>(item, 37);
  extent.length = get<std::uint64_t>(item, 45);
  if (extent.address == 0) return std::nullopt; // a hole
  const bool is_possible = extent.length > 0 && extent.length <= k_largest_extent &&
                           extent.stored_size <= k_largest_extent &&
                           extent.skipped <= extent.plain_size &&
                           extent.length <= extent.plain_size - extent.skipped;
  if (!is_possible) throw_corrupt_btrfs("an extent contradicts itself");
  if (extent.compression == BtrfsCompression::none && extent.stored_size < extent.plain_size)
    throw_corrupt_btrfs("an extent is smaller than its content");
  return extent;
}

std::optional<BtrfsExtent> extent_of(std::uint64_t offset, std::span<const std::byte> item) {
  if (item.size() < k_inline_start) throw_corrupt_btrfs("an extent is cut off");
  const auto compression = get<std::uint8_t>(item, 16);
  const auto kind = get<std::uint8_t>(item, 20);
  if (get<std::uint8_t>(item, 17) != 0 || get<std::uint16_t>(item, 18) != 0)
    throw_foreign_btrfs("has encrypted content");
  if (compression > k_last_compression || kind > k_last_kind)
    throw_corrupt_btrfs("an extent is of an impossible kind");
  BtrfsExtent extent{.offset = offset,
                     .is_unwritten = kind == k_preallocated,
                     .compression = static_cast<BtrfsCompression>(compression),
                     .plain_size = get<std::uint64_t>(item, 8)};
  if (extent.compression == BtrfsCompression::lzo)
    throw_foreign_btrfs("has content that is compressed with LZO, which is not read here");
  const std::uint64_t most = extent.compression == BtrfsCompression::none && kind != k_inline
                                 ? k_largest_extent
                                 : k_largest_compressed;
  if (extent.plain_size > most) throw_corrupt_btrfs("an extent is too large");
  return kind == k_inline ? std::optional(inline_extent(item, std::move(extent)))
                          : regular_extent(item, std::move(extent));
}

} // namespace

std::vector<BtrfsExtent> BtrfsContent::extents(const BtrfsRoot& tree, std::uint64_t inode,
                                               std::uint64_t size) const {
  std::vector<BtrfsExtent> extents;
  std::uint64_t free_from = 0;
  visit_btrfs_items(volume_, tree, {.object = inode, .type = k_extent_type},
                    {.object = inode, .type = k_extent_type, .offset = k_btrfs_last},
                    [&](const BtrfsKey& key, std::span<const std::byte> item) {
                      // What is beyond the end of the file is room that it keeps, and no content.
                      if (key.offset >= size) return;
                      auto extent = extent_of(key.offset, item);
                      if (!extent) return;
                      if (key.offset < free_from) throw_corrupt_btrfs("extents of a file overlap");
                      extent->length = std::min(extent->length, size - key.offset);
                      if (extent->length == 0) return;
                      free_from = key.offset + extent->length;
                      extents.push_back(std::move(*extent));
                    });
  return extents;
}

void BtrfsContent::check(std::uint64_t address, std::span<const std::byte> bytes) const {
  const std::uint64_t sector = volume_.shape().sector_size;
  const std::uint64_t end = address + bytes.size();
  std::map<std::uint64_t, std::uint32_t> sums;
  // An item has the sums of many sectors from its own on; the one before may reach into these.
  const std::uint64_t most = volume_.shape().node_size / sizeof(std::uint32_t) * sector;
  visit_btrfs_items(volume_, checksums_,
                    {.object = k_checksum_object,
                     .type = k_checksum_type,
                     .offset = address > most ? address - most : 0},
                    {.object = k_checksum_object, .type = k_checksum_type, .offset = end - 1},
                    [&](const BtrfsKey& key, std::span<const std::byte> item) {
                      for (std::size_t index = 0;
                           (index + 1) * sizeof(std::uint32_t) <= item.size(); ++index) {
                        const std::uint64_t place = key.offset + index * sector;
                        if (place >= address && place < end)
                          sums[place] = get<std::uint32_t>(item, index * sizeof(std::uint32_t));
                      }
                    });
  for (std::uint64_t done = 0; done + sector <= bytes.size(); done += sector) {
    // Files without copies on writing have none.
    const auto known = sums.find(address + done);
    if (known != sums.end() && known->second != base::crc32c(bytes.subspan(done, sector)))
      throw_corrupt_btrfs("the checksum of a file's content is wrong");
  }
}

Bytes BtrfsContent::stored(const BtrfsExtent& extent, std::uint64_t from,
                           std::uint64_t length) const {
  const std::uint64_t sector = volume_.shape().sector_size;
  const std::uint64_t start = from / sector * sector;
  const std::uint64_t end = std::min((from + length + sector - 1) / sector * sector,
                                     std::max(extent.stored_size, from + length));
  Bytes bytes(end - start);
  volume_.source().read(volume_.place_of(extent.address + start, bytes.size()), bytes);
  check(extent.address + start, bytes);
  return {bytes.begin() + static_cast<std::ptrdiff_t>(from - start),
          bytes.begin() + static_cast<std::ptrdiff_t>(from - start + length)};
}

Bytes BtrfsContent::plain(const BtrfsExtent& extent) const {
  if (extent.is_unwritten) return Bytes(extent.length);
  if (!extent.inline_bytes && extent.compression == BtrfsCompression::none)
    return stored(extent, extent.skipped, extent.length);
  if (!extent.inline_bytes && extent.stored_size > k_largest_compressed)
    throw_corrupt_btrfs("compressed content is too large");
  Bytes all = expanded(extent, extent.inline_bytes ? *extent.inline_bytes
                                                   : stored(extent, 0, extent.stored_size));
  const auto start = static_cast<std::ptrdiff_t>(extent.skipped);
  if (extent.skipped + extent.length > all.size())
    throw_corrupt_btrfs("the content of a file is cut off");
  return {all.begin() + start, all.begin() + start + static_cast<std::ptrdiff_t>(extent.length)};
}

StoredPiece BtrfsContent::piece(const BtrfsExtent& extent) const {
  StoredPiece piece{.offset = extent.offset, .length = extent.length};
  if (extent.is_unwritten) {
    piece.kind = StoredPiece::Kind::zeros;
  } else if (!extent.inline_bytes && extent.compression == BtrfsCompression::none) {
    piece.place = volume_.place_of(extent.address + extent.skipped, extent.length);
  } else {
    piece.kind = StoredPiece::Kind::text;
    piece.text = as_text(plain(extent));
  }
  return piece;
}

} // namespace imagewright::disk
