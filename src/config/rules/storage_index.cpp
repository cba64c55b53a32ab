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

std::vector<PartitionExtent> extents_of(const model::DiskConfig& disk) {
  std::vector<PartitionExtent> extents;
  base::ByteSize next = k_table_room;
  for (const model::PartitionConfig& partition : disk.partitions) {
    PartitionExtent extent{.start = partition.start ? partition.start->value : next, .end = {}};
    if (partition.end) extent.end = partition.end->value;
    if (partition.size) extent.end = extent.start + partition.size->value;
    next = extent.end.value_or(k_table_room);
    extents.push_back(extent);
  }
  return extents;
}

} // namespace imagewright::config
