// SPDX-License-Identifier: MIT
#pragma once

// What a worker finds out about a base, as bytes that cross the border and are checked behind it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/disk/verity_tree.hpp>
#include <imagewright/image/mapped_disk.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::origin {

struct FoundPartition {
  disk::PartitionEntry entry;
  std::optional<disk::FilesystemFacts> filesystem;
  std::string content;
  std::string mount_point;
  std::optional<std::uint32_t> verity_of;
  std::uint64_t verity_offset = 0;
  std::string verity_name;
  std::optional<disk::VerityTree> verity_tree;
  std::string verity_obstacle;
};

struct FoundFilesystem {
  std::size_t partition = 0; ///< of the base's
  std::string mount_point;   ///< without links on the way
  tree::RootTree table;
  std::vector<std::vector<disk::StoredPiece>> content; ///< by inode of the table
  std::string identity;
};

struct BaseContent {
  image::DiskMap disk;
  base::Uuid disk_uuid;
  const model::Architecture* architecture = nullptr;
  std::string release;
  std::vector<FoundPartition> partitions;
  std::vector<FoundFilesystem> filesystems;
};

std::string encode(const BaseContent& content);

/// Throws base::BugError for everything that no base can be: names that lead elsewhere, places
/// outside of a partition, files without a directory. What it gives can be walked, read and written
/// without another look.
BaseContent decode_base_content(std::string_view bytes);

} // namespace imagewright::origin
