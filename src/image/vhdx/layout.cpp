// SPDX-License-Identifier: MIT
#include "image/vhdx/layout.hpp"

#include <imagewright/base/crc32.hpp>

namespace imagewright::image::vhdx {

const Names& names() {
  static const Names names = [] {
    const auto uuid = [](std::string_view text) { return base::Uuid::parse(text).value(); };
    return Names{.block_table = uuid("2dc27766-f623-4200-9d64-115e9bfd4a08"),
                 .metadata = uuid("8b7ca206-4790-4b9a-b8fe-575f050f886e"),
                 .file_parameters = uuid("caa16737-fa36-4d43-b3b6-33f0aa44e76b"),
                 .disk_size = uuid("2fa54224-cd1b-4876-b211-5dbed83bf4b8"),
                 .disk_id = uuid("beca12ab-b2e6-4523-93ef-c309e000c746"),
                 .logical_sector_size = uuid("8141bf1d-a96f-4709-ba47-f233a8faab5f"),
                 .physical_sector_size = uuid("cda348c7-445d-4471-9cc9-e9885251c556")};
  }();
  return names;
}

std::uint32_t checksum(std::span<const std::byte> structure) {
  Bytes copy(structure.begin(), structure.end());
  put(copy, k_checksum, std::uint32_t{0});
  return base::crc32c(copy);
}

} // namespace imagewright::image::vhdx
