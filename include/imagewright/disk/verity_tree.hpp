// SPDX-License-Identifier: MIT
#pragma once

// A hash tree of dm-verity that an image has: what it says, and how it is made again for other
// content.

#include <cstdint>
#include <optional>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/disk/rewrite.hpp>
#include <imagewright/fs/byte_source.hpp>

namespace imagewright::disk {

struct VerityTree {
  base::Uuid uuid;
  std::string salt;            ///< bytes
  std::uint64_t data_size = 0; ///< how much from the start of the data it is about, in bytes
  std::string root_hash;       ///< of the tree as it is, in lower-case hexadecimal digits

  bool operator==(const VerityTree&) const = default;
};

/// Whether a superblock starts at this offset.
bool has_verity_superblock(const fs::ByteSource& source, std::uint64_t offset);

/// The identifier in a superblock that is there.
base::Uuid verity_superblock_uuid(const fs::ByteSource& source, std::uint64_t offset);

/// The tree whose superblock starts at the offset. Throws base::Error (disk.verity-unsupported) for
/// one that cannot be made again here: other digests or blocks than SHA-256 and 4 KiB, or a
/// superblock that cannot be right.
VerityTree read_verity_tree(const fs::ByteSource& source, std::uint64_t offset,
                            const std::string& partition);

/// Where both parts are. What is before the tree in its partition stays.
struct VerityPlaces {
  PartitionPlace data;
  PartitionPlace hashes;
  std::uint64_t tree_offset = 0; ///< of the superblock in the partition of the hashes
};

/// Writes superblock and tree for the data as they are now, in the place of the former. Gives the
/// new root hash.
std::string rewrite_verity_tree(const VerityPlaces& places, const VerityTree& former,
                                const base::Cancellation& cancellation);

} // namespace imagewright::disk
