// SPDX-License-Identifier: MIT
#include "disk/btrfs/volume.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

#include <imagewright/base/crc32.hpp>
#include <imagewright/base/error.hpp>

#include "disk/btrfs/tree.hpp"

namespace imagewright::disk {

namespace {

constexpr std::size_t k_superblock_size = 4096;
constexpr std::size_t k_checksum_room = 32;
constexpr std::size_t k_system_chunks = 0x32B;
constexpr std::size_t k_system_chunks_room = 2048;
constexpr std::size_t k_chunk = 48;
constexpr std::size_t k_stripe = 32;
constexpr std::uint8_t k_chunk_type = 228;
constexpr std::uint64_t k_chunk_object = 256;
constexpr std::uint64_t k_duplicated = 0x20;
constexpr std::uint64_t k_profiles = 0x7F8;
constexpr std::uint8_t k_deepest = 7;
constexpr std::size_t k_most_known_nodes = 512;
constexpr std::uint64_t k_metadata_uuid = 0x400;

struct Feature {
  std::uint64_t bit;
  std::string_view name;
};

// Mixed back references, default subvolume, mixed groups, LZO, Zstandard, big metadata, extended
// references, small metadata, no holes, another UUID in nodes, simple quotas.
constexpr std::uint64_t k_known = 0x1077F;
constexpr std::array k_feature_names = {Feature{0x80, "raid56"}, Feature{0x800, "raid1c34"},
                                        Feature{0x1000, "zoned"}, Feature{0x2000, "extent-tree-v2"},
                                        Feature{0x4000, "raid-stripe-tree"}};
constexpr std::array<std::string_view, 4> k_checksums = {"crc32c", "xxhash64", "sha256", "blake2b"};

bool is_right(std::span<const std::byte> block) {
  return base::crc32c(block.subspan(k_checksum_room)) == get<std::uint32_t>(block, 0);
}

/// UUIDs stand as they are written.
base::Uuid uuid_at(std::span<const std::byte> bytes, std::size_t offset) {
  base::Uuid uuid;
  for (std::size_t index = 0; index < uuid.bytes.size(); ++index)
    uuid.bytes.at(index) = std::to_integer<std::uint8_t>(bytes[offset + index]);
  return uuid;
}

void check_features(std::span<const std::byte> super) {
  const auto features = get<std::uint64_t>(super, 0xBC);
  const std::uint64_t unknown = features & ~k_known;
  if (unknown != 0) {
    const auto named = std::ranges::find_if(
        k_feature_names, [&](const Feature& each) { return (unknown & each.bit) != 0; });
    throw_foreign_btrfs(
        named == k_feature_names.end()
            ? fmt::format("has features that are unknown here (0x{:x})", unknown)
            : fmt::format("has the feature \"{}\", which is not read here", named->name));
  }
  if (get<std::uint64_t>(super, 0x88) != 1) throw_foreign_btrfs("lies on several devices");
  if (get<std::uint64_t>(super, 0x60) != 0)
    throw base::Error(base::FailureKind::input, "disk.journal-unsupported",
                      "the Btrfs filesystem was not unmounted, and its log is not replayed here",
                      "mount and unmount it once, or make the image again");
}

/// That of the superblock itself is of the same kind, so that nothing else in it is known to be
/// right.
void check_checksum(std::span<const std::byte> super) {
  const auto kind = get<std::uint16_t>(super, 0xC4);
  if (kind != 0 && kind < k_checksums.size())
    throw_foreign_btrfs(
        fmt::format("has checksums of the kind {}, which are not read here", k_checksums.at(kind)));
  if (kind != 0 || !is_right(super)) throw_corrupt_btrfs("the checksum of its superblock is wrong");
}

bool is_power_of_two(std::uint32_t value, std::uint32_t least, std::uint32_t most) {
  return value >= least && value <= most && std::has_single_bit(value);
}

BtrfsShape shape_of(std::span<const std::byte> super) {
  BtrfsShape shape{.sector_size = get<std::uint32_t>(super, 0x90),
                   .node_size = get<std::uint32_t>(super, 0x94),
                   .size = get<std::uint64_t>(super, 0x70),
                   .used = get<std::uint64_t>(super, 0x78),
                   .root_tree = get<std::uint64_t>(super, 0x50),
                   .root_level = get<std::uint8_t>(super, 0xC6),
                   .chunk_tree = get<std::uint64_t>(super, 0x58),
                   .chunk_level = get<std::uint8_t>(super, 0xC7),
                   .root_directory = get<std::uint64_t>(super, 0x80),
                   .uuid = uuid_at(super, 0x20),
                   .metadata_uuid = uuid_at(super, 0x20),
                   .label = {}};
  if ((get<std::uint64_t>(super, 0xBC) & k_metadata_uuid) != 0)
    shape.metadata_uuid = uuid_at(super, 0x23B);
  const std::string_view label = as_text(super.subspan(0x12B, 256));
  shape.label = label.substr(0, label.find('\0'));
  if (!is_power_of_two(shape.sector_size, 4096, 65'536) ||
      !is_power_of_two(shape.node_size, shape.sector_size, 65'536))
    throw_corrupt_btrfs("the sizes in its superblock are impossible");
  return shape;
}

} // namespace

void throw_corrupt_btrfs(const std::string& what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                    fmt::format("the Btrfs filesystem is damaged: {}", what),
                    "run \"btrfs check --readonly\" on it, and copy or make the image again");
}

void throw_foreign_btrfs(const std::string& what) {
  throw base::Error(base::FailureKind::input, "disk.feature-unsupported",
                    fmt::format("the Btrfs filesystem {}", what),
                    "copy its files to a filesystem that was made without it");
}

BtrfsVolume::BtrfsVolume(const fs::ByteSource& source) : source_(source) {
  Bytes super(k_superblock_size);
  if (source.size() < k_btrfs_superblock + super.size()) throw_corrupt_btrfs("it is cut off");
  source.read(k_btrfs_superblock, super);
  check_checksum(super);
  check_features(super);
  shape_ = shape_of(super);
  if (shape_.size > source.size()) throw_corrupt_btrfs("it is larger than its partition");
  add_system_chunks(super);
  add_all_chunks();
}

void BtrfsVolume::add_chunk(std::uint64_t logical, std::span<const std::byte> item) {
  if (item.size() < k_chunk) throw_corrupt_btrfs("a chunk is cut off");
  Chunk chunk{.length = get<std::uint64_t>(item, 0), .places = {}};
  const std::uint64_t profile = get<std::uint64_t>(item, 24) & k_profiles;
  const std::size_t copies = get<std::uint16_t>(item, 44);
  if (profile != 0 && profile != k_duplicated) throw_foreign_btrfs("is a RAID");
  if (copies != (profile == 0 ? 1U : 2U) || item.size() < k_chunk + copies * k_stripe)
    throw_corrupt_btrfs("a chunk contradicts itself");
  for (std::size_t copy = 0; copy < copies; ++copy) {
    const auto place = get<std::uint64_t>(item, k_chunk + copy * k_stripe + 8);
    if (place > source_.size() || chunk.length > source_.size() - place || chunk.length == 0)
      throw_corrupt_btrfs("a chunk is beyond the end of the device");
    chunk.places.push_back(place);
  }
  if (logical > k_btrfs_last - chunk.length) throw_corrupt_btrfs("a chunk is nowhere");
  chunks_.insert_or_assign(logical, std::move(chunk));
}

void BtrfsVolume::add_system_chunks(std::span<const std::byte> super) {
  const std::size_t size = get<std::uint32_t>(super, 0xA0);
  if (size > k_system_chunks_room) throw_corrupt_btrfs("its first chunks are too many");
  auto left = super.subspan(k_system_chunks, size);
  while (!left.empty()) {
    constexpr std::size_t k_key = 17;
    if (left.size() < k_key + k_chunk) throw_corrupt_btrfs("its first chunks are cut off");
    const BtrfsKey key = btrfs_key(left, 0);
    const std::size_t length =
        k_key + k_chunk + std::size_t{get<std::uint16_t>(left, k_key + 44)} * k_stripe;
    if (key.type != k_chunk_type || length > left.size())
      throw_corrupt_btrfs("its first chunks contradict themselves");
    add_chunk(key.offset, left.subspan(k_key, length - k_key));
    left = left.subspan(length);
  }
}

void BtrfsVolume::add_all_chunks() {
  visit_btrfs_items(
      *this, {.address = shape_.chunk_tree, .level = shape_.chunk_level},
      {.object = k_chunk_object, .type = k_chunk_type},
      {.object = k_chunk_object, .type = k_chunk_type, .offset = k_btrfs_last},
      [&](const BtrfsKey& key, std::span<const std::byte> item) { add_chunk(key.offset, item); });
}

const BtrfsVolume::Chunk* BtrfsVolume::find_chunk(std::uint64_t logical, std::uint64_t length,
                                                  std::uint64_t& within) const {
  auto found = chunks_.upper_bound(logical);
  if (found == chunks_.begin()) return nullptr;
  --found;
  within = logical - found->first;
  const Chunk& chunk = found->second;
  return within <= chunk.length && length <= chunk.length - within ? &chunk : nullptr;
}

std::uint64_t BtrfsVolume::place_of(std::uint64_t logical, std::uint64_t length) const {
  std::uint64_t within = 0;
  const Chunk* chunk = find_chunk(logical, length, within);
  if (chunk == nullptr) throw_corrupt_btrfs("something points where nothing is");
  return chunk->places.front() + within;
}

std::string BtrfsVolume::fault_of(const Bytes& node, std::uint64_t logical,
                                  std::uint8_t level) const {
  if (!is_right(node)) return "the checksum of a node is wrong";
  if (get<std::uint64_t>(node, 48) != logical || uuid_at(node, 32) != shape_.metadata_uuid)
    return "a node is not where it says";
  if (get<std::uint8_t>(node, 100) != level) return "a node is of another level";
  return {};
}

BtrfsNode BtrfsVolume::read_node(std::uint64_t logical, std::uint8_t level) const {
  if (level > k_deepest) throw_corrupt_btrfs("a tree is too deep");
  if (const auto known = known_.find(logical); known != known_.end()) {
    if (get<std::uint8_t>(*known->second, 100) != level)
      throw_corrupt_btrfs("a node is of another level");
    return known->second;
  }
  std::uint64_t within = 0;
  const Chunk* chunk = find_chunk(logical, shape_.node_size, within);
  if (chunk == nullptr) throw_corrupt_btrfs("a tree points where nothing is");
  std::string fault;
  for (const std::uint64_t place : chunk->places) {
    auto node = std::make_shared<Bytes>(shape_.node_size);
    source_.read(place + within, *node);
    std::string own = fault_of(*node, logical, level);
    if (own.empty()) {
      if (known_.size() >= k_most_known_nodes) known_.clear();
      return known_.emplace(logical, std::move(node)).first->second;
    }
    if (fault.empty()) fault = std::move(own);
  }
  throw_corrupt_btrfs(fault);
}

} // namespace imagewright::disk
