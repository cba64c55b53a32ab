// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/model/verity.hpp>

namespace imagewright::model {

std::string root_hash_placeholder(const VerityDevice& device) {
  auto text = device.uuid.to_string();
  std::erase(text, '-');
  return text + text;
}

std::string root_hash_argument(const VerityDevice& device) {
  return device.name == "usr" ? "usrhash" : "roothash";
}

bool is_verified(const DiskLayout& layout, const std::string& mount_point) {
  const Partition* partition = layout.find_mount(mount_point);
  return partition != nullptr && !partition->filesystem->verity_name.empty();
}

} // namespace imagewright::model
