// SPDX-License-Identifier: MIT
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include <imagewright/config/support.hpp>

#include "config/rules/storage_index.hpp"

namespace imagewright::config {

namespace {

// Microsoft FAT specification, section 3.5: with fewer clusters a filesystem is no FAT32.
constexpr base::ByteSize k_smallest_fat32 = base::ByteSize::mib(33);
constexpr base::ByteSize k_smallest_fat16 = base::ByteSize::mib(3);

} // namespace

base::Diagnostics small_fat_filesystems(const model::StorageConfig& storage) {
  base::Diagnostics diagnostics;
  if (!storage.disk) return diagnostics;
  const std::vector<PartitionExtent> extents = extents_of(*storage.disk);
  for (const model::FilesystemConfig& filesystem : storage.filesystems) {
    if (!filesystem.type || filesystem.type->value != model::FilesystemType::fat32) continue;
    const model::PartitionConfig* partition = find_partition_of(storage, filesystem);
    if (partition == nullptr) continue;
    const auto& [start, end] =
        extents[static_cast<std::size_t>(partition - storage.disk->partitions.data())];
    if (!end) continue;
    const base::ByteSize size = *end - start;
    if (size >= k_smallest_fat32) continue;
    diagnostics.warning(
        "config.small-fat",
        fmt::format("a partition of {}M has too few clusters for FAT32: it becomes {}",
                    size.bytes() >> 20U, size < k_smallest_fat16 ? "FAT12" : "FAT16"),
        filesystem.type->where,
        "nothing, when firmware alone reads it; for FAT32, make the partition 33M or larger");
  }
  return diagnostics;
}

} // namespace imagewright::config
