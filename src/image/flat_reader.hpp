// SPDX-License-Identifier: MIT
#pragma once

// A disk whose bytes stand at the beginning of a file: raw, and fixed VHD.

#include <string>

#include <imagewright/image/image_reader.hpp>

namespace imagewright::image {

/// The first `size` bytes of a file are the disk.
class FlatReader final : public ImageReader {
public:
  FlatReader(const fs::ByteSource& file, std::uint64_t size, model::ImageFormat format,
             std::string name)
      : file_(file), size_(size), format_(format), name_(std::move(name)) {}

  std::uint64_t size() const override { return size_; }
  model::ImageFormat format() const override { return format_; }
  /// Throws base::Error (image.read-beyond-end).
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override;
  std::vector<DiskExtent> data_extents() const override;
  std::vector<StoredExtent> stored_extents() const override;

private:
  const fs::ByteSource& file_;
  std::uint64_t size_;
  model::ImageFormat format_;
  std::string name_;
};

} // namespace imagewright::image
