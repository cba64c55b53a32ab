// SPDX-License-Identifier: MIT
#include "disk/squashfs/volume.hpp"

#include <algorithm>
#include <bit>

namespace imagewright::disk {

namespace {

constexpr std::size_t k_superblock = 96;
constexpr std::size_t k_table_block = 8192;
constexpr std::size_t k_most_known_blocks = 256;
constexpr std::size_t k_fragment_entry = 16;
constexpr std::uint32_t k_smallest_block = 4096;
constexpr std::uint32_t k_largest_block = 1U << 20U;

SquashfsShape shape_of(std::span<const std::byte> super) {
  const auto compression = get<std::uint16_t>(super, 20);
  SquashfsShape shape{.block_size = get<std::uint32_t>(super, 12),
                      .compression = static_cast<SquashfsCompression>(compression),
                      .fragment_count = get<std::uint32_t>(super, 16),
                      .id_count = get<std::uint16_t>(super, 26),
                      .root = get<std::uint64_t>(super, 32),
                      .size = get<std::uint64_t>(super, 40),
                      .id_table = get<std::uint64_t>(super, 48),
                      .attribute_table = get<std::uint64_t>(super, 56),
                      .inode_table = get<std::uint64_t>(super, 64),
                      .directory_table = get<std::uint64_t>(super, 72),
                      .fragment_table = get<std::uint64_t>(super, 80)};
  const bool has_blocks =
      shape.block_size >= k_smallest_block && shape.block_size <= k_largest_block &&
      std::has_single_bit(shape.block_size) &&
      1ULL << std::min(get<std::uint16_t>(super, 22), std::uint16_t{63}) == shape.block_size;
  if (!has_blocks || shape.id_count == 0)
    throw_corrupt_squashfs("the sizes in its superblock are impossible");
  return shape;
}

} // namespace

SquashfsVolume::SquashfsVolume(const fs::ByteSource& source) : source_(source) {
  if (source.size() < k_superblock) throw_corrupt_squashfs("it is cut off");
  Bytes super(k_superblock);
  source.read(0, super);
  shape_ = shape_of(super);
  require_squashfs_compression(shape_.compression);
  if (shape_.size > source.size()) throw_corrupt_squashfs("it is larger than its partition");
}

Bytes SquashfsVolume::read(std::uint64_t place, std::uint64_t size) const {
  if (place > shape_.size || size > shape_.size - place)
    throw_corrupt_squashfs("something points beyond its end");
  Bytes bytes(size);
  source_.read(place, bytes);
  return bytes;
}

std::shared_ptr<const SquashfsTableBlock> SquashfsVolume::table_block(std::uint64_t place) const {
  if (const auto known = known_.find(place); known != known_.end()) return known->second;
  constexpr std::uint16_t k_is_plain = 0x8000;
  const auto header = get<std::uint16_t>(read(place, 2), 0);
  const std::uint16_t size = header & (k_is_plain - 1U);
  if (size == 0 || size > k_table_block) throw_corrupt_squashfs("a table has an impossible block");
  auto block = std::make_shared<SquashfsTableBlock>();
  block->bytes = read(place + 2, size);
  block->next = place + 2 + size;
  if ((header & k_is_plain) == 0)
    block->bytes = squashfs_expanded(shape_.compression, block->bytes, k_table_block);
  if (known_.size() >= k_most_known_blocks) known_.clear();
  return known_.emplace(place, std::move(block)).first->second;
}

Bytes SquashfsVolume::data_block(std::uint64_t place, std::uint32_t word) const {
  const std::uint32_t size = squashfs_stored_size(word);
  if (size > shape_.block_size) throw_corrupt_squashfs("a block is larger than a block can be");
  Bytes bytes = read(place, size);
  if (is_squashfs_plain(word)) return bytes;
  return squashfs_expanded(shape_.compression, bytes, shape_.block_size);
}

Bytes SquashfsVolume::table_entry(std::uint64_t list, std::uint64_t index, std::size_t size) const {
  const std::uint64_t offset = index * size;
  const std::uint64_t pointer = offset / k_table_block * sizeof(std::uint64_t);
  if (list > shape_.size || pointer > shape_.size - list)
    throw_corrupt_squashfs("something points beyond its end");
  const auto place = get<std::uint64_t>(read(list + pointer, sizeof(std::uint64_t)), 0);
  return SquashfsCursor(*this, place, offset % k_table_block).take(size);
}

std::uint32_t SquashfsVolume::id(std::uint16_t index) const {
  if (index >= shape_.id_count) throw_corrupt_squashfs("a file has no owner");
  return get<std::uint32_t>(table_entry(shape_.id_table, index, sizeof(std::uint32_t)), 0);
}

SquashfsFragment SquashfsVolume::fragment(std::uint32_t index) const {
  if (index >= shape_.fragment_count) throw_corrupt_squashfs("the end of a file is nowhere");
  const Bytes entry = table_entry(shape_.fragment_table, index, k_fragment_entry);
  return {.place = get<std::uint64_t>(entry, 0), .word = get<std::uint32_t>(entry, 8)};
}

SquashfsCursor::SquashfsCursor(const SquashfsVolume& volume, std::uint64_t table,
                               std::uint64_t reference)
    : volume_(volume), within_(reference & 0xFFFFU) {
  const std::uint64_t block = reference >> 16U;
  if (table > volume.shape().size || block > volume.shape().size - table)
    throw_corrupt_squashfs("something points beyond its end");
  block_ = volume.table_block(table + block);
  if (within_ > block_->bytes.size()) throw_corrupt_squashfs("something points behind its block");
}

Bytes SquashfsCursor::take(std::size_t size) {
  Bytes taken;
  taken.reserve(std::min(size, k_table_block));
  while (taken.size() < size) {
    if (within_ == block_->bytes.size()) {
      block_ = volume_.table_block(block_->next);
      within_ = 0;
      if (block_->bytes.empty()) throw_corrupt_squashfs("a table has an impossible block");
    }
    const std::size_t part = std::min(size - taken.size(), block_->bytes.size() - within_);
    const auto first = block_->bytes.begin() + static_cast<std::ptrdiff_t>(within_);
    taken.insert(taken.end(), first, first + static_cast<std::ptrdiff_t>(part));
    within_ += part;
  }
  return taken;
}

} // namespace imagewright::disk
