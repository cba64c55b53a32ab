// SPDX-License-Identifier: MIT
#pragma once

// The names in a directory of SquashFS.

#include <cstdint>
#include <map>
#include <string>

#include "disk/squashfs/inode.hpp"

namespace imagewright::disk {

/// Each with the place of its inode. Throws base::Error (disk.corrupt-filesystem).
std::map<std::string, std::uint64_t> squashfs_names(const SquashfsVolume& volume,
                                                    const SquashfsInode& directory);

} // namespace imagewright::disk
