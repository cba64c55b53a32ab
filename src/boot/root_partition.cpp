// SPDX-License-Identifier: MIT
#include <imagewright/boot/boot_request.hpp>

namespace imagewright::boot {

std::optional<RootPartition> find_root_partition(const model::DiskLayout& layout) {
  const model::Partition* partition = layout.find_mount("/");
  if (partition == nullptr) return std::nullopt;
  return RootPartition{partition->start, partition->size, partition->filesystem->type};
}

} // namespace imagewright::boot
