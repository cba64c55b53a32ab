// SPDX-License-Identifier: MIT
#pragma once

// Reads Btrfs on one device: the subvolume that is mounted when nobody names one, and those below
// it. Every node is held against its checksum; content is, where it is read.

#include <memory>

#include <imagewright/disk/filesystem_reader.hpp>

#include "disk/filesystem.hpp"

namespace imagewright::disk {

/// Throws base::Error (disk.corrupt-filesystem, disk.feature-unsupported,
/// disk.journal-unsupported).
std::unique_ptr<FilesystemReader> open_btrfs(const fs::ByteSource& source);

extern const FilesystemReading k_btrfs_reading;

} // namespace imagewright::disk
