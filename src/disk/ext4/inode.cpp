// SPDX-License-Identifier: MIT
#include "disk/ext4/inode.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint32_t k_sector_size = 512;
// An inode has room for attributes after its fields and their magic number.
constexpr std::size_t k_before_attributes = sizeof(ext2_inode_large) + sizeof(std::uint32_t);
// struct ext4_xattr_entry
constexpr std::size_t k_attribute_entry = 16;

// Linux documentation, filesystems/ext4/inodes.rst, "Inode Timestamps": two more bits extend the
// seconds beyond 2038.
struct StoredTime {
  std::uint32_t seconds;
  std::uint32_t extra;
};

/// The nearest time that such inodes can have.
base::Epoch storable(base::Epoch time, std::uint32_t inode_size) {
  return can_store_time(time, inode_size) ? time : base::Epoch(std::chrono::seconds(INT32_MAX));
}

StoredTime stored_time(base::Epoch time) {
  const std::int64_t seconds = time.time_since_epoch().count();
  const auto low = static_cast<std::int32_t>(seconds);
  return {static_cast<std::uint32_t>(low), static_cast<std::uint32_t>((seconds - low) >> 32U) & 3U};
}

void set_times(ext2_inode_large& stored, const tree::Inode& inode, base::Epoch epoch) {
  const StoredTime built = stored_time(epoch);
  StoredTime changed = stored_time(inode.modified);
  changed.extra |= inode.modified_nanoseconds << 2U;
  stored.i_atime = built.seconds;
  stored.i_atime_extra = built.extra;
  stored.i_ctime = built.seconds;
  stored.i_ctime_extra = built.extra;
  stored.i_crtime = built.seconds;
  stored.i_crtime_extra = built.extra;
  stored.i_mtime = changed.seconds;
  stored.i_mtime_extra = changed.extra;
}

struct AttributeCloser {
  void operator()(ext2_xattr_handle* handle) const { ext2fs_xattrs_close(&handle); }
};

void write_attributes(const Ext4Handle& fs, std::uint32_t number, const tree::Inode& inode) {
  ext2_xattr_handle* opened = nullptr;
  fs.check(ext2fs_xattrs_open(fs.get(), number, &opened), "write extended attributes");
  const std::unique_ptr<ext2_xattr_handle, AttributeCloser> handle(opened);
  for (const tree::ExtendedAttribute& attribute : inode.attributes) {
    const errcode_t code = ext2fs_xattr_set(handle.get(), attribute.name.c_str(),
                                            attribute.value.data(), attribute.value.size());
    if (code == EXT2_ET_EA_NO_SPACE) {
      throw base::Error(base::FailureKind::build, "disk.attribute-too-large",
                        fmt::format("the extended attributes of {} do not fit: {} has {} bytes",
                                    base::quoted(inode.content), attribute.name,
                                    attribute.value.size()),
                        fmt::format("all attributes of a file together have to fit into one block "
                                    "of {}",
                                    base::to_string(base::ByteSize(fs.block_size()))));
    }
    fs.check(code, "write extended attributes");
  }
}

} // namespace

void write_inode(const Ext4Handle& fs, const tree::Inode& inode, const InodePlacement& placement,
                 base::Epoch epoch) {
  ext2_inode_large stored{};
  stored.i_mode = static_cast<std::uint16_t>(fs::type_bits(inode.type) | inode.permissions);
  stored.i_uid = static_cast<std::uint16_t>(inode.owner);
  stored.osd2.linux2.l_i_uid_high = static_cast<std::uint16_t>(inode.owner >> 16U);
  stored.i_gid = static_cast<std::uint16_t>(inode.group);
  stored.osd2.linux2.l_i_gid_high = static_cast<std::uint16_t>(inode.group >> 16U);
  stored.i_links_count = static_cast<std::uint16_t>(placement.link_count);
  stored.i_size = static_cast<std::uint32_t>(placement.size);
  stored.i_size_high = static_cast<std::uint32_t>(placement.size >> 32U);
  const std::uint64_t sectors = placement.block_count * (fs.block_size() / k_sector_size);
  stored.i_blocks = static_cast<std::uint32_t>(sectors);
  stored.osd2.linux2.l_i_blocks_hi = static_cast<std::uint16_t>(sectors >> 32U);
  stored.i_flags = placement.flags | (inode.flags & k_ext4_kept_flags);
  static_assert(sizeof stored.i_block == sizeof placement.blocks);
  std::memcpy(&stored.i_block[0], placement.blocks.data(), placement.blocks.size());
  stored.i_extra_isize = sizeof stored - EXT2_GOOD_OLD_INODE_SIZE;
  set_times(stored, inode, storable(epoch, fs->super->s_inode_size));
  fs.check(ext2fs_write_inode_full(fs.get(), placement.number,
                                   reinterpret_cast<ext2_inode*>(&stored), sizeof stored),
           "write an inode");
  if (!inode.attributes.empty()) write_attributes(fs, placement.number, inode);
}

std::uint64_t attribute_blocks(const tree::Inode& inode, std::uint32_t inode_size) {
  std::size_t needed = 0;
  for (const tree::ExtendedAttribute& attribute : inode.attributes) {
    // The whole name is more than what is stored of it: its prefix becomes a number.
    needed += k_attribute_entry + (attribute.name.size() + 3) / 4 * 4 +
              (attribute.value.size() + 3) / 4 * 4;
  }
  return needed > 0 && needed + k_before_attributes > inode_size ? 1 : 0;
}

bool can_store_time(base::Epoch time, std::uint32_t inode_size) {
  const std::int64_t seconds = time.time_since_epoch().count();
  return inode_size > EXT2_GOOD_OLD_INODE_SIZE ||
         seconds == std::clamp<std::int64_t>(seconds, INT32_MIN, INT32_MAX);
}

InodeBlocks device_blocks(const tree::DeviceNumber& device) {
  InodeBlocks blocks{};
  // Linux, include/linux/kdev_t.h: the old encoding where it suffices, else the new one in the
  // second word.
  if (device.major < 256 && device.minor < 256) {
    put(blocks, 0, device.major << 8U | device.minor);
  } else {
    put(blocks, 4, (device.minor & 0xFFU) | device.major << 8U | (device.minor & ~0xFFU) << 12U);
  }
  return blocks;
}

} // namespace imagewright::disk
