// SPDX-License-Identifier: MIT
#pragma once

// The inodes of SquashFS.

#include <string>
#include <vector>

#include <imagewright/disk/filesystem_reader.hpp>

#include "disk/squashfs/volume.hpp"

namespace imagewright::disk {

struct SquashfsInode {
  StoredFile file;
  std::uint32_t attributes = k_squashfs_none; ///< an index; none where there are none
  std::string target;                         ///< of a symbolic link
  std::uint64_t place = 0;                    ///< of the first block of a regular file
  std::vector<std::uint32_t> blocks;          ///< their words; 0: a hole
  std::uint32_t fragment = k_squashfs_none;   ///< has the file's end
  std::uint32_t fragment_offset = 0;
  std::uint64_t listing = 0; ///< of a directory: where it is in their table
};

/// Throws base::Error (disk.corrupt-filesystem).
SquashfsInode read_squashfs_inode(const SquashfsVolume& volume, std::uint64_t reference);

} // namespace imagewright::disk
