// SPDX-License-Identifier: MIT
#pragma once

// A foreign image as a raw disk: a worker reads the image and writes the disk, so that whoever
// makes another format of it has plain bytes before it.

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/image/image_file.hpp>

namespace imagewright::image {

struct FlatDisk {
  std::uint64_t image_size = 0; ///< of the disk in the image
  std::uint64_t size = 0;       ///< rounded up to what the format of the output asks for
  std::uint32_t sector_size = 512;
  base::Uuid disk_uuid;
  disk::MovedBackup backup = disk::MovedBackup::none;
  /// The image file is the raw disk already, and nothing was written.
  bool is_image_itself = false;
};

/// Writes the disk into `raw`, an empty file, in the size that `output` asks for. Throws what
/// opening the image throws, image.size-unsupported, fs.cannot-write and sandbox.worker-….
FlatDisk flatten(const ImageFile& image, model::ImageFormat output, int raw,
                 const base::Cancellation& cancellation);

} // namespace imagewright::image
