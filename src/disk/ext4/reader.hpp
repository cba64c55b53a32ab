// SPDX-License-Identifier: MIT
#pragma once

// Reads ext2, ext3 and ext4 through libext2fs.

#include <memory>

#include <imagewright/disk/filesystem_reader.hpp>

namespace imagewright::disk {

/// Throws base::Error (disk.corrupt-filesystem).
std::unique_ptr<FilesystemReader> open_ext4(const fs::ByteSource& source);

} // namespace imagewright::disk
