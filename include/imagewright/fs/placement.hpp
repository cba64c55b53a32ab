// SPDX-License-Identifier: MIT
#pragma once

// Where the host's filesystem puts what is made.

#include <filesystem>

namespace imagewright::fs {

/// Asks the host's filesystem to give each directory that is made in this one a part of the disk of
/// its own, chosen by its name (ext4, FS_TOPDIR_FL in linux/fs.h). Without it all of them lie where
/// the last ones did; ext4 without a journal looks there, for every file that it makes, at each
/// that was deleted within the last minutes. A filesystem that knows nothing of it does as ever.
void let_directories_lie_apart(const std::filesystem::path& directory);

} // namespace imagewright::fs
