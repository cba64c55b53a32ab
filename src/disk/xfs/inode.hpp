// SPDX-License-Identifier: MIT
#pragma once

// One inode of an XFS filesystem, and where its two forks have their content ("XFS Algorithms &
// Data Structures", chapter "On-disk Inode").

#include <cstdint>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/epoch.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "disk/xfs/volume.hpp"

namespace imagewright::disk {

enum class XfsForkFormat : std::uint8_t {
  device = 0,
  local = 1,   ///< the content itself
  extents = 2, ///< a list
  tree = 3,    ///< the root of a tree of lists
};

struct XfsFork {
  XfsForkFormat format = XfsForkFormat::extents;
  Bytes bytes;                    ///< inside of the inode
  std::uint64_t extent_count = 0; ///< that it says it has
};

struct XfsInode {
  std::uint64_t number = 0;
  fs::FileType type = fs::FileType::regular;
  mode_t permissions = 0;
  uid_t owner = 0;
  gid_t group = 0;
  std::uint32_t name_count = 0;
  std::uint64_t size = 0;
  base::Epoch modified;
  std::uint32_t modified_nanoseconds = 0;
  std::uint32_t flags = 0; ///< as chattr(1) sets them
  tree::DeviceNumber device;
  XfsFork data;
  XfsFork attributes; ///< without bytes: there are none
};

/// Throws base::Error (disk.corrupt-filesystem, disk.feature-unsupported).
XfsInode read_xfs_inode(const XfsVolume& volume, std::uint64_t number);

/// In order and without overlap; what is between them is a hole. A fork of extents or a tree.
/// Throws base::Error (disk.corrupt-filesystem).
std::vector<XfsExtent> xfs_extents(const XfsVolume& volume, const XfsInode& inode,
                                   const XfsFork& fork);

} // namespace imagewright::disk
