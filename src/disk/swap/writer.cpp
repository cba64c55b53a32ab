// SPDX-License-Identifier: MIT
#include "disk/swap/writer.hpp"

#include <algorithm>
#include <cstring>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

base::ByteSize write_swap(BlockDevice& device, const model::Filesystem& filesystem) {
  // Linux, include/linux/swap.h: union swap_header. The first 1024 bytes are left to boot loaders.
  constexpr std::size_t page_size = 4096;
  constexpr std::string_view signature = "SWAPSPACE2";
  Bytes page(page_size);
  put(page, 1024, std::uint32_t{1}); // version
  put(page, 1028,
      static_cast<std::uint32_t>(
          std::min<std::uint64_t>(device.size() / page_size - 1, UINT32_MAX)));
  std::memcpy(page.data() + 1036, filesystem.uuid.bytes.data(), filesystem.uuid.bytes.size());
  put_text(page, 1052, filesystem.label);
  put_text(page, page_size - signature.size(), signature);
  device.write(0, page);
  return base::ByteSize(page_size);
}

} // namespace imagewright::disk
