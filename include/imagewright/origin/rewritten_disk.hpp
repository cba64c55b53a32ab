// SPDX-License-Identifier: MIT
#pragma once

// The disk of the base with other filesystems in some of its partitions, everything else byte for
// byte.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/origin/base_image.hpp>
#include <imagewright/origin/restored_tree.hpp>

namespace imagewright::origin {

enum class PartitionFate : std::uint8_t {
  carried,   ///< byte for byte: nothing in it changed
  rewritten, ///< written anew, with the identity that it had
};

struct PartitionOutcome {
  std::string id;
  std::string mount_point;
  PartitionFate fate = PartitionFate::carried;
  base::ByteSize size;
  base::ByteSize used;
  std::uint64_t file_count = 0;
  std::string first_change; ///< a path within it, where it is rewritten
};

struct DiskRequest {
  const BaseImage& base;
  const Extraction& extraction;
  const RestoredTree& tree; ///< labelled; as it shall be in the image
  base::Epoch epoch;
};

/// Writes the disk to the file `raw`, which must not exist; on failure it is gone again. Everything
/// that cannot be written is found before the first byte: base::Error (origin.verified-partition,
/// disk.content-too-large, disk.rewrite-unsupported, …).
std::vector<PartitionOutcome> write_disk(const DiskRequest& request,
                                         const std::filesystem::path& raw,
                                         const base::Cancellation& cancellation);

} // namespace imagewright::origin
