// SPDX-License-Identifier: MIT
#pragma once

// The disk of the base with other filesystems in some of its partitions, everything else byte for
// byte.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/fs/borrowed_bytes.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/origin/base_image.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::origin {

enum class PartitionFate : std::uint8_t {
  carried,   ///< byte for byte: nothing in it changed
  rewritten, ///< written anew, with the identity that it had
};

struct PartitionOutcome {
  std::string id;
  std::string mount_point;
  PartitionFate fate = PartitionFate::carried;
  base::ByteSize size;
  base::ByteSize used;
  std::uint64_t file_count = 0;
  std::string first_change; ///< a path within it, where it is rewritten
};

/// What becomes of the hashes of dm-verity.
enum class VerityHashes : std::uint8_t {
  kept,        ///< what they vouch for must not change
  made_anew,   ///< where what they vouch for changes
  untouchable, ///< as `kept`: what is done cannot make them anew
};

/// What dm-verity vouches for from now on.
struct NewVerity {
  std::string name;           ///< "root" or "usr"
  std::string mount_point;    ///< of the data
  std::string hash_partition; ///< that takes superblock and tree; nothing of it stays
  disk::VerityTree tree;      ///< its root hash is not known yet
  std::uint64_t tree_offset = 0;
};

struct DiskRequest {
  const BaseImage& base;
  const tree::RootTree& tree; ///< restored and labelled; as it shall be in the image
  base::Epoch epoch;
  VerityHashes verity_hashes = VerityHashes::kept;
  std::vector<NewVerity> new_verity = {};
  /// Whose partitions, in their order on the disk, say where those of the base are from now on and
  /// how large; a filesystem on one that is larger grows with it. Null: as in the base.
  const model::DiskLayout* places = nullptr;
  /// Whose partitions, in their order on the disk, and filesystems say what these are called from
  /// now on; null: as in the base.
  const model::DiskLayout* identifiers = nullptr;
  bool may_borrow = false; ///< content of files may stay in the base
};

struct RewrittenDisk {
  std::vector<PartitionOutcome> partitions;
  model::RootHashes root_hashes; ///< of every verity device that the base has or gets
  /// What of the disk is still in the base's files alone, which must stay open; the file `raw` has
  /// holes there.
  fs::BorrowedBytes borrowed;
};

/// Writes the disk to the file `raw`, which must not exist; on failure it is gone again. Late
/// places of the tree that bear the name of a verity device get its root hash, everywhere but in
/// what it verifies. Everything that cannot be written is found before the first byte: base::Error
/// (origin.verified-partition, origin.no-root-hash, disk.content-too-large,
/// disk.rewrite-unsupported, …).
RewrittenDisk write_disk(const DiskRequest& request, const std::filesystem::path& raw,
                         const base::Cancellation& cancellation);

} // namespace imagewright::origin
