// SPDX-License-Identifier: MIT
#pragma once

// Finding partitions and verity devices of a storage section by what refers to them.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/model/storage_config.hpp>

namespace imagewright::config {

/// Null when there is none.
const model::PartitionConfig* find_partition(const model::StorageConfig& storage,
                                             const std::string& id);
const model::VerityConfig* find_verity(const model::StorageConfig& storage, const std::string& id);
/// The partition that a filesystem stands on, through a verity device if there is one.
const model::PartitionConfig* find_partition_of(const model::StorageConfig& storage,
                                                const model::FilesystemConfig& filesystem);
/// Where a partition stands, as far as the config says.
struct PartitionExtent {
  base::ByteSize start;
  std::optional<base::ByteSize> end; ///< absent: it takes the rest
};

/// Room for the GPT at either end of the disk, rounded up to the unit of all sizes (UEFI 2.10,
/// section 5.3: 34 and 33 blocks of 512 bytes).
inline constexpr base::ByteSize k_table_room = base::ByteSize::mib(1);

/// One for each partition, in order. Nothing is checked: they may overlap.
std::vector<PartitionExtent> extents_of(const model::DiskConfig& disk);

} // namespace imagewright::config
