// SPDX-License-Identifier: MIT
#include "disk/xfs/directory.hpp"

#include <utility>

#include "disk/xfs/fork_blocks.hpp"

namespace imagewright::disk {

namespace {

using base::big_endian::get;
using Names = std::map<std::string, std::uint64_t>;

constexpr std::uint64_t k_index_offset = std::uint64_t{1} << 35U; // bytes; names end before it
constexpr std::uint32_t k_single_magic = 0x58444233;              // "XDB3": names and their index
constexpr std::uint32_t k_names_magic = 0x58444433;               // "XDD3": names
constexpr std::uint16_t k_free = 0xFFFF;
constexpr std::size_t k_alignment = 8;

void add(std::string_view name, std::uint64_t inode, Names& names) {
  if (name == "." || name == "..") return;
  const bool is_possible = !name.empty() && name.find('/') == std::string_view::npos &&
                           name.find('\0') == std::string_view::npos;
  if (!is_possible || !names.emplace(name, inode).second)
    throw_corrupt_xfs("a directory holds an impossible name");
}

/// All names stand in the inode.
Names short_names(const XfsVolume& volume, const XfsInode& directory) {
  const std::span<const std::byte> bytes(directory.data.bytes);
  if (directory.size > bytes.size() || directory.size < 6)
    throw_corrupt_xfs("a directory does not fit into its inode");
  const auto content = bytes.first(directory.size);
  const std::size_t count = get<std::uint8_t>(content, 0);
  const std::size_t number_size = get<std::uint8_t>(content, 1) != 0 ? 8 : 4;
  const std::size_t type_size = volume.shape().has_file_types ? 1 : 0;
  Names names;
  std::size_t offset = 2 + number_size;
  for (std::size_t index = 0; index < count; ++index) {
    if (offset + 3 > content.size()) throw_corrupt_xfs("a directory is cut off");
    const std::size_t length = get<std::uint8_t>(content, offset);
    const std::size_t number = offset + 3 + length + type_size;
    if (number + number_size > content.size()) throw_corrupt_xfs("a directory is cut off");
    const std::uint64_t inode = number_size == 8 ? get<std::uint64_t>(content, number)
                                                 : get<std::uint32_t>(content, number);
    add(as_text(content.subspan(offset + 3, length)), inode, names);
    offset = number + number_size;
  }
  return names;
}

/// Where the names of a block end.
std::size_t end_of_names(std::span<const std::byte> block) {
  const auto magic = get<std::uint32_t>(block, 0);
  if (magic == k_names_magic) return block.size();
  if (magic != k_single_magic) throw_corrupt_xfs("a block of a directory is none");
  const std::size_t room = block.size() - k_xfs_directory_block.header_size - 8;
  const std::size_t entries = get<std::uint32_t>(block, block.size() - 8);
  if (entries > room / 8) throw_corrupt_xfs("a directory contradicts itself");
  return block.size() - 8 - entries * 8;
}

void add_names_of(std::span<const std::byte> block, std::size_t type_size, Names& names) {
  const std::size_t end = end_of_names(block);
  for (std::size_t offset = k_xfs_directory_block.header_size; offset < end;) {
    if (end - offset < k_alignment) throw_corrupt_xfs("a directory is cut off");
    if (get<std::uint16_t>(block, offset) == k_free) {
      const std::size_t length = get<std::uint16_t>(block, offset + 2);
      if (length == 0 || length % k_alignment != 0 || length > end - offset)
        throw_corrupt_xfs("a directory contradicts itself");
      offset += length;
      continue;
    }
    if (end - offset < 2 * k_alignment) throw_corrupt_xfs("a directory is cut off");
    const std::size_t length = get<std::uint8_t>(block, offset + 8);
    const std::size_t used = 9 + length + type_size + 2;
    const std::size_t room = (used + k_alignment - 1) / k_alignment * k_alignment;
    if (room > end - offset) throw_corrupt_xfs("a directory is cut off");
    add(as_text(block.subspan(offset + 9, length)), get<std::uint64_t>(block, offset), names);
    offset += room;
  }
}

} // namespace

Names xfs_names(const XfsVolume& volume, const XfsInode& directory) {
  if (directory.data.format == XfsForkFormat::local) return short_names(volume, directory);
  const XfsGeometry& shape = volume.shape();
  const XfsForkBlocks fork(volume, directory, directory.data);
  const std::uint64_t blocks = shape.directory_block_size / shape.block_size;
  const std::uint64_t end = k_index_offset / shape.block_size;
  Names names;
  for (const XfsExtent& extent : fork.extents()) {
    // One block of a directory may be of several extents: who has its start, reads it.
    std::uint64_t offset = (extent.offset + blocks - 1) / blocks * blocks;
    for (; offset < std::min(end, extent.offset + extent.count); offset += blocks) {
      const Bytes block = fork.read(k_xfs_directory_block, offset, blocks);
      add_names_of(block, shape.has_file_types ? 1 : 0, names);
    }
  }
  return names;
}

} // namespace imagewright::disk
