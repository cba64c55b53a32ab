// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>

#include <imagewright/base/text.hpp>
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

std::optional<std::string> hash_signature_path(const VerityDevice& device) {
  for (const std::string& option : base::split(device.options, ',')) {
    if (option.starts_with(k_hash_signature_option))
      return option.substr(std::string_view(k_hash_signature_option).size());
  }
  return std::nullopt;
}

std::uint64_t hash_offset(const VerityDevice& device) {
  constexpr std::string_view k_option = "hash-offset=";
  for (const std::string& option : base::split(device.options, ',')) {
    if (!option.starts_with(k_option)) continue;
    std::uint64_t offset = 0;
    std::from_chars(option.data() + k_option.size(), option.data() + option.size(), offset);
    return offset;
  }
  return 0;
}

base::ByteSize verity_tree_size(base::ByteSize data_size) {
  constexpr std::uint64_t block_size = 4096;
  constexpr std::uint64_t digests_per_block = block_size / 32;
  std::uint64_t blocks = 1;
  for (std::uint64_t count = data_size.bytes() / block_size; count > 1;) {
    count = (count + digests_per_block - 1) / digests_per_block;
    blocks += count;
  }
  return base::ByteSize(blocks * block_size);
}

bool is_inline(const VerityDevice& device) {
  return device.data_partition == device.hash_partition;
}

base::ByteSize inline_data_size(base::ByteSize partition_size) {
  const std::uint64_t mib = base::ByteSize::mib(1).bytes();
  // The hashes take less than a hundredth; from there it is a few steps.
  std::uint64_t count = partition_size.bytes() / mib;
  const auto takes = [](base::ByteSize data) { return data + verity_tree_size(data); };
  while (count > 0 && takes(base::ByteSize::mib(count)) > partition_size)
    --count;
  return base::ByteSize::mib(count);
}

bool is_verified(const DiskLayout& layout, const std::string& mount_point) {
  const Partition* partition = layout.find_mount(mount_point);
  return partition != nullptr && !partition->filesystem->verity_name.empty();
}

} // namespace imagewright::model
