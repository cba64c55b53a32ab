// SPDX-License-Identifier: MIT
#pragma once

// Opens image files of any known format as plain disks, trusting nothing in them.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <imagewright/fs/byte_source.hpp>
#include <imagewright/model/artifact.hpp>

namespace imagewright::image {

/// A stretch of the disk.
struct DiskExtent {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  bool operator==(const DiskExtent&) const = default;
};

/// The disk that a guest would see; size() is its virtual size.
class ImageReader : public fs::ByteSource {
public:
  virtual model::ImageFormat format() const = 0;
  /// The stretches that may hold something else than zeros, in order, without overlap.
  virtual std::vector<DiskExtent> data_extents() const = 0;
};

/// Finds the format from the content: qcow2, VHD (dynamic and fixed), VHDX, else raw.
/// Throws base::Error (fs.cannot-read, image.corrupt-qcow2, image.corrupt-vhd, image.corrupt-vhdx,
/// image.unsupported).
std::unique_ptr<ImageReader> open_image(const std::filesystem::path& path);

/// The same over bytes that are already open; `file` must outlive the reader, `name` is for
/// messages.
std::unique_ptr<ImageReader> open_image(const fs::ByteSource& file, const std::string& name);

} // namespace imagewright::image
