// SPDX-License-Identifier: MIT
#pragma once

// Extended attributes of SquashFS.

#include <vector>

#include <imagewright/tree/root_tree.hpp>

#include "disk/squashfs/inode.hpp"

namespace imagewright::disk {

/// Sorted. Throws base::Error (disk.corrupt-filesystem).
std::vector<tree::ExtendedAttribute> squashfs_attributes(const SquashfsVolume& volume,
                                                         const SquashfsInode& inode);

} // namespace imagewright::disk
