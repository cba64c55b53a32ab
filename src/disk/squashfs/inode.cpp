// SPDX-License-Identifier: MIT
#include "disk/squashfs/inode.hpp"

#include <algorithm>

namespace imagewright::disk {

namespace {

constexpr std::uint16_t k_first_extended = 8;
constexpr std::uint32_t k_longest_link = 65'535;
/// No file in an image is larger.
constexpr std::uint64_t k_most_blocks = std::uint64_t{1} << 24U;

/// As they count from 1, and once more from 8 for those with more to say.
constexpr fs::FileType k_types[] = {
    fs::FileType::directory,    fs::FileType::regular,          fs::FileType::symlink,
    fs::FileType::block_device, fs::FileType::character_device, fs::FileType::fifo,
    fs::FileType::socket};

class InodeReading {
public:
  InodeReading(const SquashfsVolume& volume, std::uint64_t reference)
      : volume_(volume), cursor_(volume, volume.shape().inode_table, reference) {}

  SquashfsInode read() {
    const Bytes header = cursor_.take(16);
    const auto type = get<std::uint16_t>(header, 0);
    if (type == 0 || type > 2 * std::size(k_types))
      throw_corrupt_squashfs("a file is of an impossible type");
    is_extended_ = type >= k_first_extended;
    StoredFile& file = inode_.file;
    file.type = k_types[(type - 1U) % std::size(k_types)];
    file.permissions = get<std::uint16_t>(header, 2) & 07777U;
    file.owner = volume_.id(get<std::uint16_t>(header, 4));
    file.group = volume_.id(get<std::uint16_t>(header, 6));
    file.modified = base::Epoch(std::chrono::seconds(get<std::uint32_t>(header, 8)));
    file.inode = get<std::uint32_t>(header, 12);
    if (file.inode == 0) throw_corrupt_squashfs("an inode has an impossible number");
    read_rest();
    return std::move(inode_);
  }

private:
  void read_rest() {
    switch (inode_.file.type) {
    case fs::FileType::directory:
      return read_directory();
    case fs::FileType::regular:
      return read_regular();
    case fs::FileType::symlink:
      return read_link();
    case fs::FileType::block_device:
    case fs::FileType::character_device:
      inode_.file.name_count = number();
      read_device();
      break;
    case fs::FileType::fifo:
    case fs::FileType::socket:
      inode_.file.name_count = number();
      break;
    }
    read_attributes();
  }

  std::uint32_t number() { return get<std::uint32_t>(cursor_.take(4), 0); }
  std::uint64_t long_number() { return get<std::uint64_t>(cursor_.take(8), 0); }

  void read_attributes() {
    if (is_extended_) inode_.attributes = number();
  }

  void read_directory() {
    const Bytes bytes = cursor_.take(is_extended_ ? 24 : 16);
    StoredFile& file = inode_.file;
    const std::size_t block = is_extended_ ? 8 : 0;
    const std::size_t offset = is_extended_ ? 18 : 10;
    file.name_count = get<std::uint32_t>(bytes, is_extended_ ? 0 : 4);
    file.size = is_extended_ ? get<std::uint32_t>(bytes, 4) : get<std::uint16_t>(bytes, 8);
    inode_.listing =
        std::uint64_t{get<std::uint32_t>(bytes, block)} << 16U | get<std::uint16_t>(bytes, offset);
    if (is_extended_) inode_.attributes = get<std::uint32_t>(bytes, 20);
  }

  void read_regular() {
    StoredFile& file = inode_.file;
    if (is_extended_) {
      inode_.place = long_number();
      file.size = long_number();
      static_cast<void>(long_number()); // how much of it is holes
      file.name_count = number();
    } else {
      inode_.place = number();
    }
    inode_.fragment = number();
    inode_.fragment_offset = number();
    if (is_extended_)
      inode_.attributes = number();
    else
      file.size = number();
    const std::uint64_t block = volume_.shape().block_size;
    const bool ends_apart = inode_.fragment != k_squashfs_none;
    const std::uint64_t count = file.size / block + (!ends_apart && file.size % block != 0 ? 1 : 0);
    if (count > k_most_blocks) throw_corrupt_squashfs("a file has an impossible size");
    for (std::uint64_t index = 0; index < count; ++index)
      inode_.blocks.push_back(number());
  }

  void read_link() {
    inode_.file.name_count = number();
    const std::uint32_t length = number();
    if (length == 0 || length > k_longest_link)
      throw_corrupt_squashfs("a symbolic link has an impossible length");
    inode_.target = as_text(cursor_.take(length));
    inode_.file.size = length;
    read_attributes();
  }

  /// As the kernel has it in memory: 20 bits of the minor number, in two parts.
  void read_device() {
    const std::uint32_t device = number();
    inode_.file.device = {device >> 8U & 0xFFFU, (device & 0xFFU) | (device >> 12U & 0xFFF00U)};
  }

  const SquashfsVolume& volume_;
  SquashfsCursor cursor_;
  SquashfsInode inode_;
  bool is_extended_ = false;
};

} // namespace

SquashfsInode read_squashfs_inode(const SquashfsVolume& volume, std::uint64_t reference) {
  return InodeReading(volume, reference).read();
}

} // namespace imagewright::disk
