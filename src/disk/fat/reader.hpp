// SPDX-License-Identifier: MIT
#pragma once

// Reads FAT12, FAT16 and FAT32 (Microsoft FAT specification).

#include <memory>
#include <span>

#include <imagewright/disk/filesystem_reader.hpp>

namespace imagewright::disk {

/// Does a volume that starts so look like FAT?
bool is_fat_boot_sector(std::span<const std::byte> start);

/// Throws base::Error (disk.corrupt-filesystem).
std::unique_ptr<FilesystemReader> open_fat(const fs::ByteSource& source);

} // namespace imagewright::disk
