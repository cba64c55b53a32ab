// SPDX-License-Identifier: MIT
#include "config/rules/storage_index.hpp"

namespace imagewright::config {

const model::PartitionConfig* find_partition(const model::StorageConfig& storage,
                                             const std::string& id) {
  if (!storage.disk) return nullptr;
  for (const model::PartitionConfig& partition : storage.disk->partitions) {
    if (partition.id == id) return &partition;
  }
  return nullptr;
}

const model::VerityConfig* find_verity(const model::StorageConfig& storage, const std::string& id) {
  for (const model::VerityConfig& verity : storage.verity) {
    if (verity.id == id) return &verity;
  }
  return nullptr;
}

const model::PartitionConfig* find_partition_of(const model::StorageConfig& storage,
                                                const model::FilesystemConfig& filesystem) {
  const model::VerityConfig* verity = find_verity(storage, filesystem.device_id.text);
  if (verity == nullptr) return find_partition(storage, filesystem.device_id.text);
  return verity->data_device_id ? find_partition(storage, verity->data_device_id->text) : nullptr;
}

std::optional<base::ByteSize> size_of(const model::DiskConfig& disk,
                                      const model::PartitionConfig& partition) {
  if (partition.size) return partition.size->value;
  if (!partition.end) return std::nullopt;
  std::optional<base::ByteSize> start = base::ByteSize::mib(1);
  for (const model::PartitionConfig& each : disk.partitions) {
    if (each.start) start = each.start->value;
    if (&each == &partition) break;
    if (each.end) {
      start = each.end->value;
    } else if (start && each.size) {
      start = *start + each.size->value;
    } else {
      start.reset();
    }
  }
  if (!start || *start >= partition.end->value) return std::nullopt;
  return partition.end->value - *start;
}

} // namespace imagewright::config
