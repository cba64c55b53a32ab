// SPDX-License-Identifier: MIT
#include "disk/squashfs/directory.hpp"

#include <string_view>

namespace imagewright::disk {

namespace {

/// The kernel counts the names "." and "..", which are not stored.
constexpr std::uint64_t k_unstored = 3;
constexpr std::size_t k_header = 12;
constexpr std::size_t k_entry = 8;
constexpr std::uint32_t k_most_in_a_row = 256;

bool is_name(std::string_view name) {
  return name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

} // namespace

std::map<std::string, std::uint64_t> squashfs_names(const SquashfsVolume& volume,
                                                    const SquashfsInode& directory) {
  std::map<std::string, std::uint64_t> names;
  if (directory.file.size <= k_unstored) return names;
  SquashfsCursor cursor(volume, volume.shape().directory_table, directory.listing);
  std::uint64_t left = directory.file.size - k_unstored;
  const auto take = [&](std::size_t size) {
    if (size > left) throw_corrupt_squashfs("a directory is cut off");
    left -= size;
    return cursor.take(size);
  };
  while (left != 0) {
    const Bytes header = take(k_header);
    const std::uint32_t last = get<std::uint32_t>(header, 0);
    if (last >= k_most_in_a_row) throw_corrupt_squashfs("a directory contradicts itself");
    const std::uint64_t block = get<std::uint32_t>(header, 4);
    for (std::uint32_t index = 0; index <= last; ++index) {
      const Bytes entry = take(k_entry);
      const std::string name(as_text(take(get<std::uint16_t>(entry, 6) + std::size_t{1})));
      if (!is_name(name)) throw_corrupt_squashfs("a file has an impossible name");
      if (!names.emplace(name, block << 16U | get<std::uint16_t>(entry, 0)).second)
        throw_corrupt_squashfs("a directory has a name twice");
    }
  }
  return names;
}

} // namespace imagewright::disk
