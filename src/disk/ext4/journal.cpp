// SPDX-License-Identifier: MIT
#include "disk/ext4/journal.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>

#include "disk/ext4/handle.hpp"
#include "disk/ext4/journal_errors.hpp"
#include "disk/ext4/journal_log.hpp"

namespace imagewright::disk {

namespace {

// The number that every block of the journal's own begins with, as bytes.
constexpr std::byte k_magic[] = {std::byte{0xC0}, std::byte{0x3B}, std::byte{0x39},
                                 std::byte{0x98}};

/// The journal's inode, read as it stands: the kernel as well reads it before the replay.
class JournalInode {
public:
  JournalInode(const Ext4Handle& fs, const fs::ByteSource& source) : fs_(fs), source_(source) {
    number_ = fs.super().s_journal_inum;
    fs.check(ext2fs_read_inode(fs.get(), number_, &inode_), "read the journal");
    const std::uint64_t size = EXT2_I_SIZE(&inode_);
    count_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(size / fs->blocksize, UINT32_MAX));
  }

  JournalBlocks blocks() {
    return {.block_size = fs_->blocksize,
            .count = count_,
            .read =
                [this](std::uint32_t number, std::span<std::byte> buffer) {
                  const std::uint64_t offset = place(number) * fs_->blocksize;
                  if (offset > source_.size() || buffer.size() > source_.size() - offset)
                    corrupt_journal("it reaches beyond the end of the filesystem");
                  source_.read(offset, buffer);
                },
            .place = [this](std::uint32_t number) { return place(number); }};
  }

private:
  std::uint64_t place(std::uint32_t number) {
    blk64_t block = 0;
    const errcode_t code =
        ext2fs_bmap2(fs_.get(), number_, &inode_, nullptr, 0, number, nullptr, &block);
    if (code != 0 || block == 0) corrupt_journal("it has holes");
    return block;
  }

  const Ext4Handle& fs_;
  const fs::ByteSource& source_;
  ext2_ino_t number_ = 0;
  ext2_inode inode_{};
  std::uint32_t count_ = 0;
};

} // namespace

void corrupt_journal(const std::string& what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                    "the journal of an ext4 filesystem that was not unmounted is damaged: " + what,
                    "run \"e2fsck -f\" on a copy of it, or make the image again");
}

void refuse_journal(const std::string& what) {
  throw base::Error(base::FailureKind::input, "disk.journal-unsupported",
                    "an ext4 filesystem was not unmounted, and its journal cannot be replayed "
                    "here: " +
                        what,
                    "shut the system down cleanly, or run \"e2fsck\" on the filesystem first");
}

ReplayedSource::ReplayedSource(const fs::ByteSource& source) : source_(source) {
  const Ext4Handle fs = Ext4Handle::open(source);
  if (!ext2fs_has_feature_journal_needs_recovery(fs->super)) return;
  was_dirty_ = true;
  if (fs.super().s_journal_inum == 0) refuse_journal("it is on another device");
  block_size_ = fs->blocksize;
  JournalInode inode(fs, source);
  blocks_ = read_journal(inode.blocks());
}

void ReplayedSource::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  if (blocks_.empty()) {
    source_.read(offset, buffer);
    return;
  }
  while (!buffer.empty()) {
    const std::uint64_t within = offset % block_size_;
    const auto length = std::min<std::uint64_t>(buffer.size(), block_size_ - within);
    read_in_block(offset / block_size_, within, buffer.first(length));
    buffer = buffer.subspan(length);
    offset += length;
  }
}

void ReplayedSource::add_pieces(const StoredPiece& piece, std::vector<StoredPiece>& pieces) const {
  if (blocks_.empty()) {
    pieces.push_back(piece);
    return;
  }
  for (std::uint64_t done = 0; done < piece.length;) {
    const std::uint64_t place = piece.place + done;
    const auto changed = blocks_.lower_bound(place / block_size_);
    const bool is_changed = changed != blocks_.end() && changed->first == place / block_size_;
    std::uint64_t end =
        changed == blocks_.end() ? piece.place + piece.length : changed->first * block_size_;
    if (is_changed) end = (place / block_size_ + 1) * block_size_;
    StoredPiece part{.offset = piece.offset + done,
                     .length = std::min(end, piece.place + piece.length) - place,
                     .place = place,
                     .text = {}};
    if (is_changed && changed->second.is_escaped) {
      part.kind = StoredPiece::Kind::text;
      part.text.resize(part.length);
      read(place, std::as_writable_bytes(std::span(part.text)));
      part.place = 0;
    } else if (is_changed) {
      part.place = changed->second.place * block_size_ + place % block_size_;
    }
    done += part.length;
    pieces.push_back(std::move(part));
  }
}

void ReplayedSource::read_in_block(std::uint64_t block, std::uint64_t within,
                                   std::span<std::byte> part) const {
  const auto changed = blocks_.find(block);
  const std::uint64_t from = changed != blocks_.end() ? changed->second.place : block;
  source_.read(from * block_size_ + within, part);
  if (changed == blocks_.end() || !changed->second.is_escaped) return;
  for (std::uint64_t index = within; index < std::size(k_magic); ++index) {
    if (index - within < part.size()) part[index - within] = k_magic[index];
  }
}

} // namespace imagewright::disk
