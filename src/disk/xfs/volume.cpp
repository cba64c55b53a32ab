// SPDX-License-Identifier: MIT
#include "disk/xfs/volume.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/crc32.hpp>

namespace imagewright::disk {

namespace {

using base::big_endian::get;

constexpr std::uint64_t k_sector = 512; // what blocks count their own place in
constexpr std::uint16_t k_inode_magic = 0x494E;

} // namespace

void check_xfs_checksum(std::span<const std::byte> bytes, std::size_t offset,
                        const std::string& what) {
  Bytes copy(bytes.begin(), bytes.end());
  const auto expected = base::little_endian::get<std::uint32_t>(copy, offset);
  std::fill_n(copy.begin() + static_cast<std::ptrdiff_t>(offset), sizeof expected, std::byte{0});
  if (base::crc32c(copy) != expected)
    throw_corrupt_xfs(fmt::format("{} does not have its checksum", what));
}

std::uint64_t XfsVolume::place_of(std::uint64_t block, std::uint64_t count) const {
  const std::uint64_t group = block >> shape_.group_block_bits;
  const std::uint64_t within = block & ((std::uint64_t{1} << shape_.group_block_bits) - 1);
  const bool is_in_group = group < shape_.group_count && within < shape_.group_blocks &&
                           count <= shape_.group_blocks - within;
  const std::uint64_t number = group * shape_.group_blocks + within;
  if (!is_in_group || number >= shape_.block_count || count > shape_.block_count - number)
    throw_corrupt_xfs("it has blocks beyond its end");
  return number * shape_.block_size;
}

bool XfsVolume::has_own_uuid(std::span<const std::byte> bytes, std::size_t offset) const {
  const auto& own = shape_.metadata_uuid.bytes;
  return std::ranges::equal(bytes.subspan(offset, own.size()), std::as_bytes(std::span(own)));
}

Bytes XfsVolume::read_inode(std::uint64_t number) const {
  const std::uint64_t block = number >> shape_.inodes_in_block_bits;
  const std::uint64_t within = number & ((std::uint64_t{1} << shape_.inodes_in_block_bits) - 1);
  Bytes bytes(shape_.inode_size);
  source_.read(place_of(block, 1) + within * shape_.inode_size, bytes);
  if (get<std::uint16_t>(bytes, 0) != k_inode_magic) throw_corrupt_xfs("a name leads to no inode");
  check_xfs_checksum(bytes, 100, "an inode");
  if (get<std::uint64_t>(bytes, 152) != number || !has_own_uuid(bytes, 160))
    throw_corrupt_xfs("an inode is not at its place");
  return bytes;
}

void XfsVolume::check_block(const XfsBlockForm& form, std::span<const std::byte> bytes,
                            std::uint64_t place, std::uint64_t owner) const {
  check_xfs_checksum(bytes, form.checksum_offset, form.name);
  if (get<std::uint64_t>(bytes, form.place_offset) != place / k_sector ||
      get<std::uint64_t>(bytes, form.owner_offset) != owner ||
      !has_own_uuid(bytes, form.uuid_offset))
    throw_corrupt_xfs(fmt::format("{} is not at its place", form.name));
}

Bytes XfsVolume::read_block(const XfsBlockForm& form, std::uint64_t block, std::uint64_t count,
                            std::uint64_t owner) const {
  const std::uint64_t place = place_of(block, count);
  Bytes bytes(count * shape_.block_size);
  source_.read(place, bytes);
  check_block(form, bytes, place, owner);
  return bytes;
}

} // namespace imagewright::disk
