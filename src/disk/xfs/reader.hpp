// SPDX-License-Identifier: MIT
#pragma once

// Reads XFS, version 5 ("XFS Algorithms & Data Structures", 3rd edition). Every checksum on the way
// to a file is held against what it is of.

#include <memory>

#include <imagewright/disk/filesystem_reader.hpp>

#include "disk/filesystem.hpp"

namespace imagewright::disk {

/// Throws base::Error (disk.corrupt-filesystem, disk.feature-unsupported,
/// disk.journal-unsupported).
std::unique_ptr<FilesystemReader> open_xfs(const fs::ByteSource& source);

extern const FilesystemReading k_xfs_reading;

} // namespace imagewright::disk
