// SPDX-License-Identifier: MIT
#pragma once

// Reads SquashFS of version 4, trusting nothing in it.

#include <memory>

#include <imagewright/disk/filesystem_reader.hpp>

#include "disk/filesystem.hpp"

namespace imagewright::disk {

/// `source` must outlive the reader. Throws base::Error (disk.corrupt-filesystem,
/// disk.feature-unsupported).
std::unique_ptr<FilesystemReader> open_squashfs(const fs::ByteSource& source);

/// The row of what reads it; there is nothing that writes it.
extern const FilesystemReading k_squashfs_reading;

} // namespace imagewright::disk
