// SPDX-License-Identifier: MIT
#pragma once

// One block of directory entries.

#include <cstdint>
#include <vector>

#include "disk/ext4/directory.hpp"

namespace imagewright::disk {

/// Collects entries until they no longer fit.
class DirectoryBlock {
public:
  explicit DirectoryBlock(const Ext4Handle& fs);

  bool has_room_for(const std::string& name) const;
  void add(const DirectoryName& entry);
  bool is_empty() const { return used_ == 0; }
  /// The last entry gets all of the space that is left.
  std::vector<std::byte> finish();

private:
  const Ext4Handle* fs_;
  std::vector<std::byte> bytes_;
  std::size_t capacity_;
  std::size_t used_ = 0;
  std::size_t last_ = 0;
};

/// Bytes that an entry takes at least.
std::size_t entry_size(std::size_t name_length);
/// The value of the field file_type.
std::uint8_t directory_type(fs::FileType type);

/// A hashed index over leaf blocks; for directories that do not fit into one block.
DirectoryBlocks make_indexed_directory(const Ext4Handle& fs, const DirectoryContent& content);

} // namespace imagewright::disk
