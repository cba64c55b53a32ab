// SPDX-License-Identifier: MIT
#include "disk/xfs/inode.hpp"

#include <array>
#include <chrono>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

namespace {

using base::big_endian::get;

constexpr std::size_t k_core_size = 176;
constexpr std::uint8_t k_version = 3;

constexpr std::uint16_t k_realtime = 0x1;
constexpr std::uint64_t k_big_time = 0x8;
constexpr std::uint64_t k_big_counters = 0x10;

struct FlagRow {
  std::uint16_t stored;
  std::uint32_t flag;
};

// ioctl_iflags(2) has the right column.
constexpr std::array k_flags = {FlagRow{0x08, 0x10},  // immutable
                                FlagRow{0x10, 0x20},  // append only
                                FlagRow{0x20, 0x08},  // synchronous
                                FlagRow{0x40, 0x80},  // no access times
                                FlagRow{0x80, 0x40}}; // no dump

std::uint32_t flags_of(std::uint16_t stored) {
  std::uint32_t flags = 0;
  for (const FlagRow& row : k_flags) {
    if ((stored & row.stored) != 0) flags |= row.flag;
  }
  return flags;
}

void read_time(std::span<const std::byte> core, bool is_big, XfsInode& inode) {
  constexpr std::uint64_t second = 1'000'000'000;
  constexpr std::int64_t first = std::int64_t{1} << 31U; // seconds before 1970
  if (is_big) {
    const auto time = get<std::uint64_t>(core, 40);
    inode.modified =
        base::Epoch(std::chrono::seconds(static_cast<std::int64_t>(time / second) - first));
    inode.modified_nanoseconds = static_cast<std::uint32_t>(time % second);
    return;
  }
  inode.modified =
      base::Epoch(std::chrono::seconds(static_cast<std::int32_t>(get<std::uint32_t>(core, 40))));
  inode.modified_nanoseconds = get<std::uint32_t>(core, 44);
  if (inode.modified_nanoseconds >= second) throw_corrupt_xfs("an inode has an impossible time");
}

XfsForkFormat format_of(std::uint8_t stored) {
  if (stored > static_cast<std::uint8_t>(XfsForkFormat::tree))
    throw_corrupt_xfs("an inode has its content in an unknown form");
  return static_cast<XfsForkFormat>(stored);
}

void read_forks(std::span<const std::byte> bytes, bool has_big_counters, XfsInode& inode) {
  const std::size_t room = bytes.size() - k_core_size;
  const std::size_t start = std::size_t{get<std::uint8_t>(bytes, 82)} * 8;
  if (start > room) throw_corrupt_xfs("an inode has its attributes outside of it");
  const auto data = bytes.subspan(k_core_size, start == 0 ? room : start);
  inode.data = {.format = format_of(get<std::uint8_t>(bytes, 5)),
                .bytes = Bytes(data.begin(), data.end()),
                .extent_count = has_big_counters ? get<std::uint64_t>(bytes, 24)
                                                 : get<std::uint32_t>(bytes, 76)};
  if (start == 0) return;
  const auto attributes = bytes.subspan(k_core_size + start);
  inode.attributes = {.format = format_of(get<std::uint8_t>(bytes, 83)),
                      .bytes = Bytes(attributes.begin(), attributes.end()),
                      .extent_count = has_big_counters
                                          ? get<std::uint32_t>(bytes, 76)
                                          : std::uint64_t{get<std::uint16_t>(bytes, 80)}};
}

bool is_device(fs::FileType type) {
  return type == fs::FileType::character_device || type == fs::FileType::block_device;
}

} // namespace

XfsInode read_xfs_inode(const XfsVolume& volume, std::uint64_t number) {
  const Bytes bytes = volume.read_inode(number);
  if (get<std::uint8_t>(bytes, 4) != k_version)
    throw_corrupt_xfs("an inode has an impossible version");
  const auto mode = get<std::uint16_t>(bytes, 2);
  const auto type = fs::find_file_type(mode);
  if (!type) throw_corrupt_xfs("an inode has an impossible type");
  const auto flags = get<std::uint16_t>(bytes, 90);
  if ((flags & k_realtime) != 0 && *type == fs::FileType::regular) {
    throw base::Error(base::FailureKind::input, "disk.feature-unsupported",
                      "the XFS filesystem has files on a realtime device",
                      "give an image that holds all of it");
  }
  const auto more_flags = get<std::uint64_t>(bytes, 120);
  XfsInode inode{.number = number,
                 .type = *type,
                 .permissions = static_cast<mode_t>(mode & 07777U),
                 .owner = get<std::uint32_t>(bytes, 8),
                 .group = get<std::uint32_t>(bytes, 12),
                 .name_count = get<std::uint32_t>(bytes, 16),
                 .size = get<std::uint64_t>(bytes, 56),
                 .flags = flags_of(flags)};
  read_time(bytes, (more_flags & k_big_time) != 0, inode);
  read_forks(bytes, (more_flags & k_big_counters) != 0, inode);
  if (is_device(*type)) {
    if (inode.data.format != XfsForkFormat::device || inode.data.bytes.size() < 4)
      throw_corrupt_xfs("a device node has no number");
    // As System V had them: 14 bits and 18 bits.
    const auto device = get<std::uint32_t>(inode.data.bytes, 0);
    inode.device = {device >> 18U, device & 0x3FFFFU};
  }
  return inode;
}

} // namespace imagewright::disk
