// SPDX-License-Identifier: MIT
#include "base_check.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/tree/possible_tree.hpp>

namespace imagewright::origin {

namespace {

constexpr std::size_t k_hash_digits = 64;
constexpr std::size_t k_largest_salt = 256;
constexpr std::uint64_t k_block_size = 4096;

void require(bool condition, const char* what) {
  if (!condition) throw base::BugError(what);
}

bool is_inside(std::uint64_t place, std::uint64_t length, std::uint64_t size) {
  return place <= size && length <= size - place;
}

const FoundPartition* find_number(const BaseContent& content, std::uint32_t number) {
  const auto found = std::ranges::find(
      content.partitions, number, [](const FoundPartition& each) { return each.entry.number; });
  return found == content.partitions.end() ? nullptr : &*found;
}

void check_hashes(const BaseContent& content, const FoundPartition& hashes) {
  const FoundPartition* data = find_number(content, *hashes.verity_of);
  require(data != nullptr, "hashes are of no partition");
  require(is_inside(hashes.verity_offset, 512, hashes.entry.size.bytes()),
          "hashes are not inside of their partition");
  if (!hashes.verity_tree) return;
  const disk::VerityTree& tree = *hashes.verity_tree;
  const std::uint64_t room = hashes.entry.size.bytes() - hashes.verity_offset;
  require(tree.salt.size() <= k_largest_salt && tree.root_hash.size() == k_hash_digits &&
              tree.root_hash.find_first_not_of("0123456789abcdef") == std::string::npos,
          "a root hash is none");
  require(tree.data_size > 0 && tree.data_size % k_block_size == 0 &&
              tree.data_size <= data->entry.size.bytes(),
          "hashes are of more than their partition");
  require(data != &hashes || tree.data_size <= hashes.verity_offset,
          "hashes stand among their data");
  require(model::verity_tree_size(base::ByteSize(tree.data_size)).bytes() <= room,
          "hashes do not fit into their partition");
}

void check_places(const BaseContent& content) {
  std::vector<const disk::PartitionEntry*> entries;
  for (const FoundPartition& partition : content.partitions)
    entries.push_back(&partition.entry);
  std::ranges::sort(entries, {}, [](const auto* entry) { return entry->start.bytes(); });
  std::uint64_t free_from = 0;
  for (const disk::PartitionEntry* entry : entries) {
    require(is_inside(entry->start.bytes(), entry->size.bytes(), content.disk.size),
            "a partition is not inside of its disk");
    require(entry->start.bytes() >= free_from, "two partitions have one place");
    free_from = entry->start.bytes() + entry->size.bytes();
  }
}

void check_partitions(const BaseContent& content) {
  check_places(content);
  std::set<std::uint32_t> numbers;
  for (const FoundPartition& partition : content.partitions) {
    require(partition.mount_point.empty() || tree::is_plain_path(partition.mount_point),
            "a partition is mounted nowhere");
    require(numbers.insert(partition.entry.number).second, "two partitions have one number");
    if (partition.filesystem)
      require(type_of(*partition.filesystem).has_value(), "a filesystem is of no type");
    if (partition.verity_of) check_hashes(content, partition);
  }
}

/// In order, without overlap, inside of file and partition.
void check_pieces(const std::vector<disk::StoredPiece>& pieces, const tree::Inode& inode,
                  std::uint64_t partition_size) {
  using Kind = disk::StoredPiece::Kind;
  require(pieces.empty() || inode.type == fs::FileType::regular, "what is no file has a content");
  std::uint64_t free_from = 0;
  for (const disk::StoredPiece& piece : pieces) {
    require(piece.offset >= free_from && piece.length > 0 &&
                is_inside(piece.offset, piece.length, inode.size),
            "a piece of a file is not where it can be");
    free_from = piece.offset + piece.length;
    if (piece.kind == Kind::stored)
      require(is_inside(piece.place, piece.length, partition_size),
              "a piece of a file is not inside of its partition");
    if (piece.kind == Kind::text)
      require(piece.text.size() == piece.length, "a piece of a file has another length");
  }
}

void check_filesystem(const BaseContent& content, const FoundFilesystem& filesystem) {
  require(filesystem.partition < content.partitions.size(), "a filesystem is on no partition");
  const FoundPartition& partition = content.partitions[filesystem.partition];
  require(partition.filesystem.has_value() && !partition.mount_point.empty() &&
              tree::is_plain_path(filesystem.mount_point),
          "a filesystem is mounted nowhere");
  tree::require_possible(filesystem.table);
  for (std::size_t number = 0; number < filesystem.table.inodes.size(); ++number) {
    check_pieces(filesystem.content[number], filesystem.table.inodes[number],
                 partition.entry.size.bytes());
  }
}

} // namespace

std::optional<model::FilesystemType> type_of(const disk::FilesystemFacts& facts) {
  // The readers name what they read as mount(8) does; these two are ext4 with less in it.
  const bool is_older = facts.type == "ext2" || facts.type == "ext3";
  return model::find_mount_type(is_older ? "ext4" : facts.type);
}

void require_possible(const BaseContent& content) {
  require(content.architecture != nullptr, "an architecture is none");
  check_partitions(content);
  std::set<std::size_t> partitions;
  std::set<std::string_view> mounts;
  require(std::ranges::is_sorted(content.filesystems, {}, &FoundFilesystem::mount_point),
          "filesystems are not in order");
  for (const FoundFilesystem& filesystem : content.filesystems) {
    check_filesystem(content, filesystem);
    require(partitions.insert(filesystem.partition).second &&
                mounts.insert(filesystem.mount_point).second,
            "two filesystems have one place");
  }
  require(mounts.contains("/"), "nothing is mounted at the root");
}

} // namespace imagewright::origin
