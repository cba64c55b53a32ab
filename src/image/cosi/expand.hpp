// SPDX-License-Identifier: MIT
#pragma once

// A COSI file becomes the disk that it was made of.

#include <cstdint>
#include <string>

#include <imagewright/fs/byte_source.hpp>

namespace imagewright::image::cosi {

/// Writes the disk into `room`, an empty file, with holes, and gives its size. Every image is held
/// against its digest. What no image is of reads as zeros; the backup of the partition table is
/// made again. A file of a version without a partition table gets one with its filesystems in their
/// order. Throws base::Error (image.corrupt-cosi, image.unsupported, fs.cannot-write,
/// fs.disk-full).
std::uint64_t expand_cosi(const fs::ByteSource& file, const std::string& name, int room);

} // namespace imagewright::image::cosi
