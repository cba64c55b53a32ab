// SPDX-License-Identifier: MIT
#pragma once

// Extended attributes of an XFS filesystem ("XFS Algorithms & Data Structures", chapter "Extended
// Attributes"), named and stored as getxattr(2) gives them.

#include <vector>

#include <imagewright/tree/root_tree.hpp>

#include "disk/xfs/inode.hpp"

namespace imagewright::disk {

/// Sorted by name. Throws base::Error (disk.corrupt-filesystem).
std::vector<tree::ExtendedAttribute> xfs_attributes(const XfsVolume& volume, const XfsInode& inode);

} // namespace imagewright::disk
