// SPDX-License-Identifier: MIT
#pragma once

// Finding partitions and verity devices of a storage section by what refers to them.

#include <optional>
#include <string>

#include <imagewright/model/storage_config.hpp>

namespace imagewright::config {

/// Null when there is none.
const model::PartitionConfig* find_partition(const model::StorageConfig& storage,
                                             const std::string& id);
const model::VerityConfig* find_verity(const model::StorageConfig& storage, const std::string& id);
/// The partition that a filesystem stands on, through a verity device if there is one.
const model::PartitionConfig* find_partition_of(const model::StorageConfig& storage,
                                                const model::FilesystemConfig& filesystem);
/// As far as the config says: absent for a partition that grows or is as large as its content.
std::optional<base::ByteSize> size_of(const model::DiskConfig& disk,
                                      const model::PartitionConfig& partition);

} // namespace imagewright::config
