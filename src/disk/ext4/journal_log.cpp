// SPDX-License-Identifier: MIT
#include "disk/ext4/journal_log.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <ext2fs/ext2fs.h>
#include <fmt/format.h>

#include <imagewright/base/error.hpp>

#include "disk/ext4/journal_errors.hpp"

namespace imagewright::disk {

namespace {

using base::Bytes;
// The journal is big endian, whatever the filesystem is.
using base::big_endian::get;
using base::big_endian::put;

// Linux documentation, filesystems/ext4/journal.rst.
constexpr std::uint32_t k_magic = 0xC03B3998;
enum BlockType : std::uint32_t {
  descriptor_block = 1,
  commit_block = 2,
  superblock_v1 = 3,
  superblock_v2 = 4,
  revoke_block = 5
};
constexpr std::size_t k_header_size = 12;
constexpr std::size_t k_tail_size = 4;
constexpr std::size_t k_uuid_size = 16;
constexpr std::size_t k_superblock_size = 1024;
constexpr std::size_t k_superblock_checksum = 252;
constexpr std::size_t k_commit_checksum = 16;

constexpr std::uint32_t k_compat_checksum = 1;
constexpr std::uint32_t k_feature_64bit = 2;
constexpr std::uint32_t k_feature_async_commit = 4;
constexpr std::uint32_t k_feature_checksum_v2 = 8;
constexpr std::uint32_t k_feature_checksum_v3 = 16;
constexpr std::uint32_t k_feature_fast_commit = 32;
constexpr std::uint32_t k_known_features = 63;
constexpr std::uint32_t k_default_fast_blocks = 256;
constexpr std::uint16_t k_fast_commit_head = 9;
constexpr std::uint32_t k_fewest_blocks = 1024; ///< of a log beside which fast commits stand

constexpr std::uint32_t k_tag_escaped = 1;
constexpr std::uint32_t k_tag_same_uuid = 2;
constexpr std::uint32_t k_tag_last = 8;

/// One changed block, as a descriptor names it.
struct Tag {
  std::uint64_t block = 0;
  std::uint32_t flags = 0;
  std::uint32_t checksum = 0;
};

/// Transaction numbers wrap around.
bool is_at_least(std::uint32_t left, std::uint32_t right) {
  return static_cast<std::int32_t>(left - right) >= 0;
}

std::uint32_t checksum(std::uint32_t seed, std::span<const std::byte> bytes) {
  return ext2fs_crc32c_le(seed, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

class Log {
public:
  explicit Log(const JournalBlocks& journal) : journal_(journal) { read_superblock(); }

  JournaledBlocks replay() {
    if (start_ == 0) return {};
    const std::uint32_t end = find_end();
    refuse_fast_commits(end);
    walk(end, [this](std::uint32_t number, std::uint32_t sequence, const Bytes& block) {
      if (get<std::uint32_t>(block, 4) == revoke_block) take_revoked(number, sequence, block);
    });
    walk(end, [this](std::uint32_t number, std::uint32_t sequence, const Bytes& block) {
      if (get<std::uint32_t>(block, 4) == descriptor_block) take_changed(number, sequence, block);
    });
    return std::move(blocks_);
  }

private:
  void read_superblock() {
    const Bytes block = read(0);
    if (get<std::uint32_t>(block, 0) != k_magic) corrupt_journal("it has no superblock");
    const auto type = get<std::uint32_t>(block, 4);
    if (type != superblock_v1 && type != superblock_v2) corrupt_journal("it has no superblock");
    if (get<std::uint32_t>(block, 12) != journal_.block_size)
      corrupt_journal("its blocks have another size than those of the filesystem");
    const bool has_features = type == superblock_v2;
    compatible_ = has_features ? get<std::uint32_t>(block, 36) : 0;
    features_ = has_features ? get<std::uint32_t>(block, 40) : 0;
    end_ = get<std::uint32_t>(block, 16);
    first_ = get<std::uint32_t>(block, 20);
    sequence_ = get<std::uint32_t>(block, 24);
    start_ = get<std::uint32_t>(block, 28);
    check_features(has_features ? get<std::uint32_t>(block, 44) : 0);
    if (end_ > journal_.count) corrupt_journal("it is shorter than it says");
    if (has_feature(k_feature_fast_commit)) {
      const auto fast = get<std::uint32_t>(block, 84);
      fast_blocks_ = fast == 0 ? k_default_fast_blocks : fast;
      if (end_ < k_fewest_blocks || end_ - k_fewest_blocks < fast_blocks_)
        refuse_journal("its fast commits leave too little room for its log");
      end_ -= fast_blocks_;
    }
    if (first_ == 0 || first_ >= end_ || (start_ != 0 && (start_ < first_ || start_ >= end_)))
      corrupt_journal("its log begins where it cannot");
    seed_ = checksum(~0U, std::span(block).subspan(48, k_uuid_size));
    if (has_checksums()) check_superblock(block);
  }

  void check_features(std::uint32_t read_only_features) const {
    if ((features_ & ~k_known_features) != 0 || read_only_features != 0)
      refuse_journal(fmt::format("it uses unknown features ({:#x})", features_));
    // Without an order of writes, only its sums say whether such a transaction is whole.
    if (has_feature(k_feature_async_commit) && (compatible_ & k_compat_checksum) != 0)
      refuse_journal("its transactions have sums of the first kind");
  }

  void check_superblock(Bytes block) const {
    const auto stored = get<std::uint32_t>(block, k_superblock_checksum);
    put(block, k_superblock_checksum, std::uint32_t{0});
    if (checksum(~0U, std::span(block).first(k_superblock_size)) != stored)
      corrupt_journal("the checksum of its superblock is wrong");
  }

  bool has_feature(std::uint32_t feature) const { return (features_ & feature) != 0; }
  bool has_checksums() const { return has_feature(k_feature_checksum_v2 | k_feature_checksum_v3); }

  Bytes read(std::uint32_t number) const {
    Bytes block(journal_.block_size);
    journal_.read(number, block);
    return block;
  }

  std::uint32_t next(std::uint32_t number, std::uint32_t steps = 1) const {
    const std::uint64_t length = end_ - first_;
    return static_cast<std::uint32_t>(first_ + (number - first_ + steps % length) % length);
  }

  static bool belongs_to(const Bytes& block, std::uint32_t sequence) {
    return get<std::uint32_t>(block, 0) == k_magic && get<std::uint32_t>(block, 8) == sequence;
  }

  std::size_t tag_size() const {
    if (has_feature(k_feature_checksum_v3)) return 16;
    const std::size_t narrow = has_feature(k_feature_checksum_v2) ? 10 : 8;
    return has_feature(k_feature_64bit) ? narrow + 4 : narrow;
  }

  std::vector<Tag> tags_of(const Bytes& block) const {
    const std::size_t size = tag_size();
    const std::size_t end = block.size() - (has_checksums() ? k_tail_size : 0);
    std::vector<Tag> tags;
    for (std::size_t offset = k_header_size; offset + size <= end;) {
      Tag tag{.block = get<std::uint32_t>(block, offset)};
      if (has_feature(k_feature_checksum_v3)) {
        tag.flags = get<std::uint32_t>(block, offset + 4);
        tag.checksum = get<std::uint32_t>(block, offset + 12);
      } else {
        tag.checksum = get<std::uint16_t>(block, offset + 4);
        tag.flags = get<std::uint16_t>(block, offset + 6);
      }
      if (has_feature(k_feature_64bit))
        tag.block |= std::uint64_t{get<std::uint32_t>(block, offset + 8)} << 32U;
      tags.push_back(tag);
      offset += size;
      if ((tag.flags & k_tag_same_uuid) == 0) offset += k_uuid_size;
      if ((tag.flags & k_tag_last) != 0) break;
    }
    return tags;
  }

  bool has_right_tail(Bytes block) const {
    if (!has_checksums()) return true;
    const std::size_t place = block.size() - k_tail_size;
    const auto stored = get<std::uint32_t>(block, place);
    put(block, place, std::uint32_t{0});
    return checksum(seed_, block) == stored;
  }

  bool is_whole_commit(Bytes block) const {
    if (!has_checksums()) return true;
    const auto stored = get<std::uint32_t>(block, k_commit_checksum);
    put(block, k_commit_checksum, std::uint32_t{0});
    return checksum(seed_, block) == stored;
  }

  /// The first transaction that was not committed as a whole.
  std::uint32_t find_end() const {
    std::uint32_t number = start_;
    std::uint32_t sequence = sequence_;
    // No more blocks than the log has can belong to it.
    for (std::uint64_t seen = 0; seen < end_ - first_;) {
      const Bytes block = read(number);
      if (!belongs_to(block, sequence)) break;
      std::uint32_t steps = 1;
      switch (get<std::uint32_t>(block, 4)) {
      case descriptor_block:
        if (!has_right_tail(block)) return sequence;
        steps += static_cast<std::uint32_t>(tags_of(block).size());
        break;
      case revoke_block:
        if (!has_right_tail(block)) return sequence;
        break;
      case commit_block:
        if (!is_whole_commit(block)) return sequence;
        ++sequence;
        break;
      default:
        return sequence;
      }
      number = next(number, steps);
      seen += steps;
    }
    return sequence;
  }

  /// Visits every block of the log itself, not those that it holds, up to that transaction.
  template <typename Visit>
  void walk(std::uint32_t end, const Visit& visit) {
    std::uint32_t number = start_;
    for (std::uint32_t sequence = sequence_; sequence != end;) {
      const Bytes block = read(number);
      if (!belongs_to(block, sequence)) corrupt_journal("it ends before its last transaction");
      visit(number, sequence, block);
      std::uint32_t steps = 1;
      const auto type = get<std::uint32_t>(block, 4);
      if (type == descriptor_block) steps += static_cast<std::uint32_t>(tags_of(block).size());
      if (type == commit_block) ++sequence;
      number = next(number, steps);
    }
  }

  void take_revoked(std::uint32_t /*number*/, std::uint32_t sequence, const Bytes& block) {
    const std::size_t width = has_feature(k_feature_64bit) ? 8 : 4;
    const std::size_t end = get<std::uint32_t>(block, k_header_size);
    const std::size_t room = block.size() - (has_checksums() ? k_tail_size : 0);
    // Whether the log has such lists is said by its superblock only some time after the first.
    if (end > room) corrupt_journal("a list of revoked blocks is impossible");
    for (std::size_t offset = k_header_size + 4; offset + width <= end; offset += width) {
      const std::uint64_t revoked =
          width == 8 ? get<std::uint64_t>(block, offset) : get<std::uint32_t>(block, offset);
      const auto [known, is_new] = revoked_.emplace(revoked, sequence);
      if (!is_new && is_at_least(sequence, known->second)) known->second = sequence;
    }
  }

  void take_changed(std::uint32_t number, std::uint32_t sequence, const Bytes& block) {
    for (const Tag& tag : tags_of(block)) {
      number = next(number);
      const auto revoked = revoked_.find(tag.block);
      if (revoked != revoked_.end() && is_at_least(revoked->second, sequence)) continue;
      if (has_checksums()) check_content(number, sequence, tag);
      blocks_[tag.block] = {.place = journal_.place(number),
                            .is_escaped = (tag.flags & k_tag_escaped) != 0};
    }
  }

  void check_content(std::uint32_t number, std::uint32_t sequence, const Tag& tag) const {
    Bytes order(4);
    put(order, 0, sequence);
    const std::uint32_t sum = checksum(checksum(seed_, order), read(number));
    const bool is_wide = has_feature(k_feature_checksum_v3);
    if (tag.checksum != (is_wide ? sum : sum & 0xFFFFU))
      corrupt_journal("the checksum of a block in it is wrong");
  }

  /// Changes since the last transaction may stand behind the log, in a form of their own.
  void refuse_fast_commits(std::uint32_t end) const {
    if (!has_feature(k_feature_fast_commit)) return;
    // The block at the end of the log belongs to neither.
    const Bytes block = read(end_ + 1);
    // Little endian: a tag, its length, and of the head the features and the transaction.
    namespace little = base::little_endian;
    if (little::get<std::uint16_t>(block, 0) == k_fast_commit_head &&
        little::get<std::uint32_t>(block, 8) == end) {
      refuse_journal("it has fast commits");
    }
  }

  const JournalBlocks& journal_;
  std::uint32_t compatible_ = 0;
  std::uint32_t features_ = 0;
  std::uint32_t first_ = 0;
  std::uint32_t end_ = 0;
  std::uint32_t fast_blocks_ = 0;
  std::uint32_t start_ = 0;
  std::uint32_t sequence_ = 0;
  std::uint32_t seed_ = 0;
  std::map<std::uint64_t, std::uint32_t> revoked_; ///< by block: the newest transaction
  JournaledBlocks blocks_;
};

} // namespace

JournaledBlocks read_journal(const JournalBlocks& journal) {
  return Log(journal).replay();
}

} // namespace imagewright::disk
