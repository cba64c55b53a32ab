// SPDX-License-Identifier: MIT
#include "disk/xfs/geometry.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

#include "disk/xfs/block.hpp"

namespace imagewright::disk {

namespace {

using base::big_endian::get;

// Names of the bits as xfs_db and mkfs.xfs use them.
struct Feature {
  std::uint32_t bit;
  const char* name;
};

/// What changes how files are read, and is known here.
constexpr std::uint32_t k_file_types = 0x01;
constexpr std::uint32_t k_metadata_uuid = 0x04;
constexpr std::uint32_t k_needs_repair = 0x10;
// Sparse inode chunks (2), times to the year 2486 (8), counters of 64 bits (0x20), exchanged ranges
// (0x40), and pointers to parents (0x80) are told by each inode, or stand where nobody looks here.
constexpr std::uint32_t k_known = k_file_types | 0x02 | k_metadata_uuid | 0x08 | 0x20 | 0x40 | 0x80;

constexpr std::array k_feature_names = {Feature{0x100, "metadir"}, Feature{0x200, "zoned"},
                                        Feature{0x400, "zone-gaps"}};

constexpr std::size_t k_smallest_superblock = 512;
constexpr std::uint32_t k_smallest_block = 512;
constexpr std::uint32_t k_largest_block = 65'536;

[[noreturn]] void unsupported(const std::string& what, const std::string& hint) {
  throw base::Error(base::FailureKind::input, "disk.feature-unsupported",
                    fmt::format("the XFS filesystem {}", what), hint);
}

base::Uuid uuid_at(std::span<const std::byte> bytes, std::size_t offset) {
  base::Uuid uuid;
  for (std::size_t index = 0; index < uuid.bytes.size(); ++index)
    uuid.bytes[index] = get<std::uint8_t>(bytes, offset + index);
  return uuid;
}

void check_features(std::uint32_t features) {
  if ((features & k_needs_repair) != 0) throw_corrupt_xfs("it says itself that it needs repair");
  const std::uint32_t unknown = features & ~k_known;
  if (unknown == 0) return;
  const auto named = std::ranges::find_if(
      k_feature_names, [&](const Feature& each) { return (unknown & each.bit) != 0; });
  unsupported(named == k_feature_names.end()
                  ? fmt::format("has features that are unknown here (0x{:x})", unknown)
                  : fmt::format("has the feature \"{}\", which is not read here", named->name),
              "copy its files to a filesystem that was made without it");
}

/// A power of two whose exponent stands at another place.
bool is_power(std::uint32_t value, unsigned exponent) {
  return exponent < 32 && value == std::uint32_t{1} << exponent;
}

void check_sizes(const XfsGeometry& shape, std::span<const std::byte> super) {
  const auto exponent = [&](std::size_t offset) {
    return unsigned{get<std::uint8_t>(super, offset)};
  };
  const bool has_sizes =
      is_power(shape.block_size, exponent(120)) && shape.block_size >= k_smallest_block &&
      shape.block_size <= k_largest_block && is_power(shape.inode_size, exponent(122)) &&
      shape.inode_size >= 512 && shape.inode_size <= 2048 &&
      shape.inode_size << shape.inodes_in_block_bits == shape.block_size &&
      shape.directory_block_size >= shape.block_size &&
      shape.directory_block_size <= k_largest_block;
  if (!has_sizes) throw_corrupt_xfs("the sizes in its superblock contradict each other");
  const bool has_groups =
      shape.group_count > 0 && shape.group_blocks > 0 && shape.group_block_bits < 32 &&
      shape.group_blocks <= std::uint32_t{1} << shape.group_block_bits &&
      (shape.block_count + shape.group_blocks - 1) / shape.group_blocks == shape.group_count;
  if (!has_groups) throw_corrupt_xfs("its allocation groups contradict its size");
}

} // namespace

void throw_corrupt_xfs(const std::string& what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                    fmt::format("the XFS filesystem is damaged: {}", what),
                    "run \"xfs_repair -n\" on it, and copy or make the image again");
}

XfsGeometry read_xfs_geometry(const fs::ByteSource& source) {
  Bytes super(k_smallest_superblock);
  source.read(0, super);
  const auto sector_size = get<std::uint16_t>(super, 102);
  if (!is_power(sector_size, get<std::uint8_t>(super, 121)) || sector_size < 512 ||
      sector_size > 32'768 || sector_size > source.size())
    throw_corrupt_xfs("the size of its sectors is impossible");
  super.resize(sector_size);
  source.read(0, super);
  check_xfs_checksum(super, 224, "its superblock");
  const auto features = get<std::uint32_t>(super, 216);
  check_features(features);
  if (get<std::uint8_t>(super, 126) != 0) throw_corrupt_xfs("it was never finished");

  XfsGeometry shape{.block_size = get<std::uint32_t>(super, 4),
                    .inode_size = get<std::uint16_t>(super, 104),
                    .group_blocks = get<std::uint32_t>(super, 84),
                    .group_count = get<std::uint32_t>(super, 88),
                    .group_block_bits = get<std::uint8_t>(super, 124),
                    .inodes_in_block_bits = get<std::uint8_t>(super, 123),
                    .block_count = get<std::uint64_t>(super, 8),
                    .free_blocks = get<std::uint64_t>(super, 144),
                    .root_inode = get<std::uint64_t>(super, 56),
                    .log_block = get<std::uint64_t>(super, 48),
                    .log_blocks = get<std::uint32_t>(super, 96),
                    .uuid = uuid_at(super, 32),
                    .metadata_uuid = uuid_at(super, (features & k_metadata_uuid) != 0 ? 248 : 32),
                    .has_file_types = (features & k_file_types) != 0};
  const auto directory_bits = get<std::uint8_t>(super, 192);
  if (directory_bits > 7 || shape.inodes_in_block_bits > 7 || shape.block_size > k_largest_block)
    throw_corrupt_xfs("the sizes in its superblock are impossible");
  shape.directory_block_size = shape.block_size << directory_bits;
  const std::string_view label = as_text(std::span(super).subspan(108, 12));
  shape.label = label.substr(0, label.find('\0'));
  check_sizes(shape, super);
  if (shape.block_count > source.size() / shape.block_size)
    throw_corrupt_xfs("it is larger than its partition");
  if (shape.log_block == 0)
    unsupported("keeps its log on another device", "give an image that holds all of it");
  return shape;
}

} // namespace imagewright::disk
