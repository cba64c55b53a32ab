// SPDX-License-Identifier: MIT
#pragma once

// What stands in the journal of an ext3 or ext4 filesystem that was not unmounted, and belongs to
// it.

#include <cstdint>
#include <map>
#include <vector>

#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/fs/byte_source.hpp>

namespace imagewright::disk {

/// Where the newest content of a block is.
struct JournaledBlock {
  std::uint64_t place = 0; ///< block of the filesystem that holds the copy
  /// The copy begins with zeros instead of the journal's own magic number.
  bool is_escaped = false;
};

/// By the number of the block that was changed.
using JournaledBlocks = std::map<std::uint64_t, JournaledBlock>;

/// The filesystem as the kernel would see it: with the journal replayed (Linux documentation,
/// filesystems/ext4/journal.rst), while nothing is written and only the list of blocks is held.
class ReplayedSource final : public fs::ByteSource {
public:
  /// `source` must outlive it. Throws base::Error (disk.journal-unsupported,
  /// disk.corrupt-filesystem) for a journal that is needed and cannot be replayed.
  explicit ReplayedSource(const fs::ByteSource& source);

  std::uint64_t size() const override { return source_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override;
  /// Adds the piece, whose place is one of the filesystem after the replay and inside of it, as
  /// pieces of what is stored.
  void add_pieces(const StoredPiece& piece, std::vector<StoredPiece>& pieces) const;
  /// The filesystem was not unmounted.
  bool was_dirty() const { return was_dirty_; }

private:
  void read_in_block(std::uint64_t block, std::uint64_t within, std::span<std::byte> part) const;

  const fs::ByteSource& source_;
  bool was_dirty_ = false;
  std::uint64_t block_size_ = 0;
  JournaledBlocks blocks_;
};

} // namespace imagewright::disk
