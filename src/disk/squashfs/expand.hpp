// SPDX-License-Identifier: MIT
#pragma once

// What compresses the blocks of SquashFS.

#include <cstdint>
#include <span>
#include <string>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

enum class SquashfsCompression : std::uint16_t {
  zlib = 1,
  lzma = 2,
  lzo = 3,
  xz = 4,
  lz4 = 5,
  zstd = 6
};

/// Throws base::Error (disk.feature-unsupported) for what is not expanded here, and
/// (disk.corrupt-filesystem) for what is nothing known.
void require_squashfs_compression(SquashfsCompression compression);

/// At most so many bytes. Throws base::Error (disk.corrupt-filesystem) where it is something else.
Bytes squashfs_expanded(SquashfsCompression compression, std::span<const std::byte> stored,
                        std::size_t most);

/// Throws base::Error (disk.corrupt-filesystem).
[[noreturn]] void throw_corrupt_squashfs(const std::string& what);

} // namespace imagewright::disk
