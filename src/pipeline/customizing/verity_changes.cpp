// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/model/verity.hpp>

#include "customizing.hpp"

namespace imagewright::pipeline {

origin::VerityHashes verity_hashes_of(const Customizing& customizing) {
  if (customizing.root.base_change == finalize::BaseChange::files)
    return origin::VerityHashes::untouchable;
  return plan::makes_verity_anew(customizing.plan.plan.config) ? origin::VerityHashes::made_anew
                                                               : origin::VerityHashes::kept;
}

std::vector<origin::NewVerity> new_verity_of(const Customizing& customizing) {
  std::vector<origin::NewVerity> added;
  const model::DiskLayout& layout = customizing.root.layout;
  const std::vector<model::VerityDevice> known = customizing.base->layout().verity;
  for (const model::VerityDevice& device : layout.verity) {
    if (std::ranges::find(known, device.name, &model::VerityDevice::name) != known.end()) continue;
    const std::uint64_t offset = model::hash_offset(device);
    const model::Partition* data = layout.find_partition(device.data_partition);
    added.push_back({.name = device.name,
                     .mount_point = data->filesystem->mount_point,
                     .hash_partition = device.hash_partition,
                     .tree = {.uuid = device.uuid,
                              .salt = device.salt,
                              .data_size = offset != 0 ? offset : data->size.bytes() / 4096 * 4096,
                              .root_hash = {}},
                     .tree_offset = offset});
  }
  return added;
}

} // namespace imagewright::pipeline
