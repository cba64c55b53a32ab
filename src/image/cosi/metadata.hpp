// SPDX-License-Identifier: MIT
#pragma once

// metadata.json of a COSI file: versions 1.0 and 1.1, which list filesystems, and 1.2, which has
// the partition table and every partition of the disk.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/uuid.hpp>
#include <imagewright/model/disk_description.hpp>

namespace imagewright::image::cosi {

/// A compressed member.
struct ImageRecord {
  std::string path;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::string sha384; ///< of the member as it stands there, hexadecimal; empty: not given

  bool operator==(const ImageRecord&) const = default;
};

struct Region {
  ImageRecord image;
  std::uint32_t partition = 0; ///< its number; 0: the start of the disk with the partition table

  bool operator==(const Region&) const = default;
};

/// One of `images`.
struct Filesystem {
  ImageRecord image;
  std::string mount_point;
  std::string uuid;
  base::Uuid partition_type;
  std::optional<ImageRecord> hashes; ///< of dm-verity

  bool operator==(const Filesystem&) const = default;
};

struct Metadata {
  /// Of the disk; 0 with no regions: the version has none of them.
  std::uint64_t disk_size = 0;
  std::vector<Region> regions;
  std::vector<Filesystem> filesystems;

  bool operator==(const Metadata&) const = default;
};

/// `name` is the file's. Throws base::Error (image.corrupt-cosi, image.unsupported).
Metadata parse_metadata(std::string_view text, const std::string& name);

/// Version 1.2. The regions have the partitions in the order of their places.
std::string metadata_text(const model::DiskDescription& description, std::uint64_t disk_size,
                          const std::vector<Region>& regions);

} // namespace imagewright::image::cosi
