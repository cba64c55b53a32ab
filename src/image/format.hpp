// SPDX-License-Identifier: MIT
#pragma once

// How one format of disk images is written and read. Each format has both in its own folder, and
// its row in formats.cpp.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/fs/byte_source.hpp>
#include <imagewright/image/image_reader.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/model/disk_description.hpp>
#include <imagewright/model/image_format.hpp>

#include "image/output_file.hpp"
#include "image/source_disk.hpp"

namespace imagewright::image {

/// What formats store about a disk beside its content.
struct DiskIdentity {
  base::Uuid disk_uuid;
  base::Epoch epoch;
};

/// What a writer is given beside the disk.
struct FormatRequest {
  const ArtifactOutput& output;
  DiskIdentity identity;
  unsigned thread_count = 1; ///< the file does not depend on it
  /// For formats that have one (model::ImageFormatRow); else null.
  const model::DiskDescription* description = nullptr;
};

/// One of `trailer` and `write` is there.
struct FormatWriter {
  /// Throws base::Error (image.size-unsupported) for a disk that the format cannot hold.
  void (*check_size)(std::uint64_t disk_size) = nullptr;
  /// The file is the disk's own bytes and these: nothing has to be copied where the raw disk may
  /// become the file.
  std::vector<std::byte> (*trailer)(std::uint64_t disk_size,
                                    const DiskIdentity& identity) = nullptr;
  void (*write)(OutputFile& file, const SourceDisk& disk, const FormatRequest& request,
                const base::Cancellation& cancellation) = nullptr;
};

struct FormatReader {
  /// Does the file say that it is of this format? Throws base::Error when it does and cannot be.
  bool (*recognises)(const fs::ByteSource& file, const std::string& name) = nullptr;
  std::unique_ptr<ImageReader> (*open)(const fs::ByteSource& file,
                                       const std::string& name) = nullptr;
};

struct DiskFormat {
  model::ImageFormat format = model::ImageFormat::raw;
  const FormatWriter* writer = nullptr;
  const FormatReader* reader = nullptr;
};

/// In the order in which a file is held against them.
std::span<const DiskFormat> disk_formats();

/// Throws base::BugError for what is no disk.
const DiskFormat& disk_format(model::ImageFormat format);

} // namespace imagewright::image
