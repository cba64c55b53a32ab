// SPDX-License-Identifier: MIT
#pragma once

// Opens image files of any known format as plain disks, trusting nothing in them.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/fs/byte_source.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/model/artifact.hpp>

namespace imagewright::image {

/// A stretch of the disk.
struct DiskExtent {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  bool operator==(const DiskExtent&) const = default;
};

/// A stretch of the disk, and where the file holds it.
struct StoredExtent {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  /// Absent: the file holds it in another form.
  std::optional<std::uint64_t> place = {};

  bool operator==(const StoredExtent&) const = default;
};

/// The disk that a guest would see; size() is its virtual size.
class ImageReader : public fs::ByteSource {
public:
  virtual model::ImageFormat format() const = 0;
  /// What the guest sees as one sector; partition tables count in it.
  virtual std::uint32_t sector_size() const { return 512; }
  /// The stretches that may hold something else than zeros, in order, without overlap.
  virtual std::vector<DiskExtent> data_extents() const = 0;
  /// The same with their places, inside of the file; what reads as zeros may be left out.
  virtual std::vector<StoredExtent> stored_extents() const = 0;
};

/// Finds the format from the content, unless it is given: each of model::k_image_formats that is a
/// disk. A raw disk is known by a partition table or a filesystem, or is blank; what is none of all
/// is refused. A compressed file (gzip, xz, zstd, bzip2) is expanded first, into a file without a
/// name in the directory for temporary files. Throws base::Error (fs.cannot-read, image.not-a-file,
/// image.corrupt-qcow2, image.corrupt-vhd, image.corrupt-vhdx, image.unsupported, archive.…).
std::unique_ptr<ImageReader> open_image(const std::filesystem::path& path,
                                        std::optional<model::ImageFormat> format = {});

/// The same of a file that is open already. With `room`, an empty file, it is a compressed one and
/// is expanded into that.
std::unique_ptr<ImageReader> open_image(fs::UniqueFd file, const std::string& name,
                                        std::optional<model::ImageFormat> format,
                                        fs::UniqueFd room);

/// The same over bytes that are already open; `file` must outlive the reader, `name` is for
/// messages.
std::unique_ptr<ImageReader> open_image(const fs::ByteSource& file, const std::string& name,
                                        std::optional<model::ImageFormat> format = {});

/// The same over bytes that the reader keeps.
std::unique_ptr<ImageReader> open_image(std::unique_ptr<fs::ByteSource> file,
                                        const std::string& name,
                                        std::optional<model::ImageFormat> format);

} // namespace imagewright::image
