// SPDX-License-Identifier: MIT
#include "base_files.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/tree/digest.hpp>

namespace imagewright::origin {

namespace {

/// The largest: a hole is made of these.
constexpr std::uint64_t k_block_size = 4096;
constexpr unsigned k_inode_bits = 32;
constexpr std::uint64_t k_inode_mask = (std::uint64_t{1} << k_inode_bits) - 1;

/// A part of a piece.
void read_piece(const disk::StoredPiece& piece, const fs::ByteSource& partition,
                std::uint64_t offset, std::span<std::byte> buffer) {
  switch (piece.kind) {
  case disk::StoredPiece::Kind::stored:
    partition.read(piece.place + offset, buffer);
    return;
  case disk::StoredPiece::Kind::zeros:
    std::ranges::fill(buffer, std::byte{0});
    return;
  case disk::StoredPiece::Kind::text:
    std::ranges::copy(std::as_bytes(std::span(piece.text).subspan(offset, buffer.size())),
                      buffer.begin());
    return;
  }
}

} // namespace

std::uint64_t content_number(std::size_t filesystem, std::size_t inode) {
  return std::uint64_t{filesystem} << k_inode_bits | inode;
}

const BaseFilesystem& BaseFiles::filesystem_of(std::uint64_t number) const {
  return base_.filesystems().at(number >> k_inode_bits);
}

const std::vector<disk::StoredPiece>& BaseFiles::pieces_of(std::uint64_t number) const {
  return filesystem_of(number).content.at(number & k_inode_mask);
}

std::vector<tree::DistantContent::Stretch> BaseFiles::stretches(std::uint64_t number) const {
  std::vector<Stretch> stretches;
  for (const disk::StoredPiece& piece : pieces_of(number))
    stretches.push_back({piece.offset, piece.length});
  return stretches;
}

std::uint64_t BaseFiles::stored_size(std::uint64_t number) const {
  std::uint64_t size = 0;
  std::uint64_t position = 0;
  for (const auto& [offset, length] : stretches(number)) {
    const std::uint64_t start = std::max(position, offset / k_block_size * k_block_size);
    const std::uint64_t end = (offset + length + k_block_size - 1) / k_block_size * k_block_size;
    if (end > start) size += end - start;
    position = std::max(position, end);
  }
  return size;
}

void BaseFiles::read(std::uint64_t number, std::uint64_t offset,
                     std::span<std::byte> buffer) const {
  const auto& pieces = pieces_of(number);
  const fs::ByteSource& partition = *filesystem_of(number).partition->bytes;
  auto piece = std::ranges::upper_bound(
      pieces, offset, {}, [](const disk::StoredPiece& each) { return each.offset + each.length; });
  while (!buffer.empty()) {
    const std::uint64_t end = offset + buffer.size();
    const std::uint64_t start =
        piece == pieces.end() ? end : std::clamp(piece->offset, offset, end);
    std::ranges::fill(buffer.first(start - offset), std::byte{0});
    buffer = buffer.subspan(start - offset);
    if (buffer.empty()) return;
    offset = start;
    const auto length =
        std::min<std::uint64_t>(buffer.size(), piece->offset + piece->length - offset);
    read_piece(*piece, partition, offset - piece->offset, buffer.first(length));
    buffer = buffer.subspan(length);
    offset += length;
    ++piece;
  }
}

std::optional<fs::FilePlace> BaseFiles::find_place(std::uint64_t number, std::uint64_t offset,
                                                   std::uint64_t length) const {
  const auto& pieces = pieces_of(number);
  const auto piece = std::ranges::upper_bound(
      pieces, offset, {}, [](const disk::StoredPiece& each) { return each.offset + each.length; });
  const bool is_stored = piece != pieces.end() && piece->offset <= offset &&
                         piece->kind == disk::StoredPiece::Kind::stored;
  if (!is_stored) return std::nullopt;
  const std::uint64_t within = offset - piece->offset;
  const disk::PartitionEntry& partition = filesystem_of(number).partition->entry;
  IMAGEWRIGHT_ASSERT(piece->place <= partition.size.bytes() &&
                     piece->length <= partition.size.bytes() - piece->place);
  return base_.disk().find_place(partition.start.bytes() + piece->place + within,
                                 std::min(length, piece->length - within));
}

base::Digest BaseFiles::digest(std::uint64_t number) const {
  if (const auto known = base_.digests().file(number)) return *known;
  const std::uint64_t size = filesystem_of(number).table.inodes.at(number & k_inode_mask).size;
  const base::Digest digest = tree::digest_of_content(
      size, [&](std::uint64_t offset, std::span<std::byte> piece) { read(number, offset, piece); });
  base_.digests().learn_file(number, digest);
  return digest;
}

} // namespace imagewright::origin
