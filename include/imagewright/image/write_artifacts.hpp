// SPDX-License-Identifier: MIT
#pragma once

// A finished raw disk becomes image files.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/fs/borrowed_bytes.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/disk_description.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::image {

enum class Compression : std::uint8_t { none, zlib, zstd };

struct ArtifactOutput {
  model::ImageFormat format = model::ImageFormat::raw;
  std::filesystem::path path;
  /// Of clusters, where the format has compression (qcow2).
  Compression compression = Compression::none;
  std::optional<std::int32_t> level; ///< absent: the algorithm's own default
  /// Bytes in a cluster of qcow2: a power of two from 512 to 2 MiB. Absent: 64 KiB.
  std::optional<std::uint64_t> cluster_size;
};

/// What becomes of the raw file.
enum class RawDisk : std::uint8_t {
  keep,    ///< it stays as it is
  consume, ///< it may become one of the outputs by renaming, and is gone afterwards
};

/// Hashing the holes of a raw disk of many TiB takes hours.
enum class ArtifactDigests : std::uint8_t { computed, omitted };

struct ArtifactRequest {
  std::filesystem::path raw;
  /// What of the disk the file does not have itself; only where it becomes none of the outputs
  /// (can_be_borrowed()).
  fs::BorrowedBytes borrowed = {};
  RawDisk raw_disk = RawDisk::keep;
  /// Identifies the disk in formats that store such a thing.
  base::Uuid disk_uuid;
  base::Epoch epoch;
  std::vector<ArtifactOutput> outputs;
  /// Of the disk, for formats that have one (model::ImageFormatRow).
  std::optional<model::DiskDescription> description = {};
  /// Threads that hash and compress; at least 1. The files do not depend on it.
  unsigned thread_count = 1;
  ArtifactDigests digests = ArtifactDigests::computed;
};

/// Whether a disk that becomes such an image may borrow from other files: it is written cluster by
/// cluster, or block by block, from whatever has the bytes.
bool can_be_borrowed(model::ImageFormat format);

/// Writes each output (none may exist) and gives them in the order asked for. Holes stay holes. The
/// same disk gives the same bytes. On failure no output is left behind. Nothing is synced:
/// publication does that. Throws base::Error (image.size-unsupported, fs.cannot-write,
/// fs.disk-full).
std::vector<model::Artifact> write_artifacts(const ArtifactRequest& request,
                                             report::Reporter& reporter,
                                             const base::Cancellation& cancellation);

} // namespace imagewright::image
