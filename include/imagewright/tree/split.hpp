// SPDX-License-Identifier: MIT
#pragma once

// One tree per mounted filesystem.

#include <functional>
#include <map>
#include <span>
#include <string>

#include <imagewright/tree/root_tree.hpp>

namespace imagewright::tree {

/// Gives each mount point what is below it, with paths seen from there; the mount point itself
/// stays behind as an empty directory. `mount_points` holds "/" and is free of duplicates. A mount
/// point that the tree lacks gets a tree of one directory, root's, with permissions 0755. A file
/// with names on both sides becomes two files. Throws base::Error (tree.mount-point-not-directory).
std::map<std::string, RootTree, std::less<>>
split_at_mounts(const RootTree& tree, std::span<const std::string> mount_points);

} // namespace imagewright::tree
