// SPDX-License-Identifier: MIT
#pragma once

// Extended attributes as programs see them: the filesystem stores some in a form of its own.

#include <string>
#include <string_view>
#include <vector>

#include <ext2fs/ext2fs.h>

#include <imagewright/tree/root_tree.hpp>

#include "disk/ext4/handle.hpp"

namespace imagewright::disk {

/// All of an inode, sorted by name. Throws base::Error (disk.corrupt-filesystem).
std::vector<tree::ExtendedAttribute> ext4_attributes(const Ext4Handle& fs, ext2_ino_t inode);

/// An access list as the kernel gives it to programs, of the form in which the filesystem stores
/// it. Throws base::Error (disk.corrupt-filesystem).
std::string access_list_of_ext4(std::string_view stored);

} // namespace imagewright::disk
