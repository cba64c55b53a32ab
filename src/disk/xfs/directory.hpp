// SPDX-License-Identifier: MIT
#pragma once

// The names in a directory of an XFS filesystem ("XFS Algorithms & Data Structures", chapter
// "Directories"). The index behind the names is not read.

#include <cstdint>
#include <map>
#include <string>

#include "disk/xfs/inode.hpp"

namespace imagewright::disk {

/// Inodes by name, without "." and "..". Throws base::Error (disk.corrupt-filesystem).
std::map<std::string, std::uint64_t> xfs_names(const XfsVolume& volume, const XfsInode& directory);

} // namespace imagewright::disk
