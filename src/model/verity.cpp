// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <imagewright/model/verity.hpp>

namespace imagewright::model {

std::string root_hash_placeholder(const VerityDevice& device) {
  auto text = device.uuid.to_string();
  std::erase(text, '-');
  return text + text;
}

RootHashes root_hash_placeholders(const DiskLayout& layout) {
  RootHashes placeholders;
  for (const VerityDevice& device : layout.verity)
    placeholders[device.name] = root_hash_placeholder(device);
  return placeholders;
}

std::string with_root_hashes(std::string text, const DiskLayout& layout, const RootHashes& hashes) {
  for (const VerityDevice& device : layout.verity) {
    const auto hash = hashes.find(device.name);
    if (hash == hashes.end()) continue;
    const std::string placeholder = root_hash_placeholder(device);
    for (auto at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + hash->second.size()))
      text.replace(at, placeholder.size(), hash->second);
  }
  return text;
}

std::string root_hash_argument(const VerityDevice& device) {
  return device.name == "usr" ? "usrhash" : "roothash";
}

bool is_verified(const DiskLayout& layout, const std::string& mount_point) {
  const Partition* partition = layout.find_mount(mount_point);
  return partition != nullptr && !partition->filesystem->verity_name.empty();
}

} // namespace imagewright::model
