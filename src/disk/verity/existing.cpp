// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/verity_tree.hpp>
#include <imagewright/model/verity.hpp>

#include "disk/little_endian.hpp"
#include "disk/verity/tree.hpp"

// The superblock is cryptsetup's: "DMVerity - on-disk format", version 1.

namespace imagewright::disk {

namespace {

constexpr std::size_t k_superblock_size = 512;
constexpr std::uint64_t k_block_size = 4096;
constexpr std::size_t k_largest_salt = 256;
constexpr std::string_view k_signature("verity\0\0", 8);

[[noreturn]] void refuse(const std::string& partition, const std::string& what) {
  throw base::Error(base::FailureKind::input, "disk.verity-unsupported",
                    fmt::format("the verity hashes on partition {} cannot be made again: {}",
                                base::quoted(partition), what),
                    "leave what they vouch for as it is, or make the base with \"veritysetup "
                    "format\" and its defaults");
}

std::string text_until_zero(std::span<const std::byte> bytes) {
  const std::string text = std::string(as_text(bytes));
  return text.substr(0, text.find('\0'));
}

void require_usual(std::span<const std::byte> super, const std::string& partition) {
  const auto version = get<std::uint32_t>(super, 8);
  const auto kind = get<std::uint32_t>(super, 12);
  const std::string algorithm = text_until_zero(super.subspan(32, 32));
  const auto data_block = get<std::uint32_t>(super, 64);
  const auto hash_block = get<std::uint32_t>(super, 68);
  if (version != 1 || kind != 1)
    refuse(partition, fmt::format("they are of version {} and kind {}", version, kind));
  if (algorithm != "sha256")
    refuse(partition, fmt::format("they are made with {}, not with sha256",
                                  base::quoted(base::escape_controls(algorithm))));
  if (data_block != k_block_size || hash_block != k_block_size)
    refuse(partition, fmt::format("they are of blocks of {} and {} bytes, not of 4096", data_block,
                                  hash_block));
}

/// What starts at some place of another source.
class Tail final : public fs::ByteSource {
public:
  Tail(const fs::ByteSource& whole, std::uint64_t start) : whole_(whole), start_(start) {}
  std::uint64_t size() const override { return whole_.size() - start_; }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    whole_.read(start_ + offset, buffer);
  }

private:
  const fs::ByteSource& whole_;
  std::uint64_t start_;
};

} // namespace

bool has_verity_superblock(const fs::ByteSource& source, std::uint64_t offset) {
  if (source.size() < k_superblock_size || offset > source.size() - k_superblock_size) return false;
  Bytes start(k_signature.size());
  source.read(offset, start);
  return as_text(start) == k_signature;
}

base::Uuid verity_superblock_uuid(const fs::ByteSource& source, std::uint64_t offset) {
  base::Uuid uuid;
  source.read(offset + 16, std::as_writable_bytes(std::span(uuid.bytes)));
  return uuid;
}

VerityTree read_verity_tree(const fs::ByteSource& source, std::uint64_t offset,
                            const std::string& partition) {
  IMAGEWRIGHT_ASSERT(has_verity_superblock(source, offset));
  Bytes super(k_superblock_size);
  source.read(offset, super);
  require_usual(super, partition);
  const auto blocks = get<std::uint64_t>(super, 72);
  const std::size_t salt_size = get<std::uint16_t>(super, 80);
  const Tail tail(source, offset);
  const bool can_be = salt_size <= k_largest_salt && blocks > 0 && blocks <= UINT64_MAX / 8192;
  if (!can_be ||
      model::verity_tree_size(base::ByteSize(blocks * k_block_size)).bytes() > tail.size())
    refuse(partition, "their superblock is damaged");
  VerityTree tree{.uuid = verity_superblock_uuid(source, offset),
                  .salt = std::string(as_text(std::span(super).subspan(88, salt_size))),
                  .data_size = blocks * k_block_size,
                  .root_hash = {}};
  // A tree of one block of data has no levels: its root is that block's, which lies elsewhere.
  if (blocks == 1) refuse(partition, "they are of one block");
  tree.root_hash = verity_root_hash(tail, tree.salt);
  return tree;
}

std::string rewrite_verity_tree(const VerityPlaces& places, const VerityTree& former,
                                const base::Cancellation& cancellation) {
  IMAGEWRIGHT_ASSERT(former.data_size <= places.data.size);
  IMAGEWRIGHT_ASSERT(places.tree_offset <= places.hashes.size);
  const FileRegion data(places.data.fd, places.data.start, former.data_size, places.data.file,
                        places.data.borrowed);
  FileRegion tree(places.hashes.fd, places.hashes.start + places.tree_offset,
                  places.hashes.size - places.tree_offset, places.hashes.file,
                  places.hashes.borrowed);
  return write_verity_tree(data, tree, {.uuid = former.uuid, .salt = former.salt}, cancellation);
}

} // namespace imagewright::disk
