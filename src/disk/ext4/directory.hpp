// SPDX-License-Identifier: MIT
#pragma once

// The blocks of a directory, all at once (Linux documentation, filesystems/ext4/directory.rst).

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>

#include "disk/ext4/handle.hpp"

namespace imagewright::disk {

/// One name in a directory.
struct DirectoryName {
  std::string name;
  std::uint32_t inode = 0;
  fs::FileType type = fs::FileType::regular;
};

/// A directory with what stands in it.
struct DirectoryContent {
  std::uint32_t inode = 0;
  std::uint32_t parent = 0;
  std::vector<DirectoryName> names; ///< without "." and ".."
};

/// ext4 counts no further links (EXT4_LINK_MAX): 1 means "many" with the feature dir_nlink.
constexpr std::size_t k_most_ext4_links = 65000;

/// What its name, its "." and the ".." of directories in it make.
std::size_t link_count_of(const DirectoryContent& content);

/// Finished but for the checksums.
struct DirectoryBlocks {
  std::vector<std::vector<std::byte>> blocks;
  /// With an index over hashed names (EXT4_INDEX_FL).
  bool is_indexed = false;
};

/// `fs` gives features and the hash seed. lost+found gets `minimum_blocks`, so that a repair finds
/// room there.
DirectoryBlocks make_directory(const Ext4Handle& fs, const DirectoryContent& content,
                               std::size_t minimum_blocks = 1);

} // namespace imagewright::disk
