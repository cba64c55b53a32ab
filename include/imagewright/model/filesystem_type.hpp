// SPDX-License-Identifier: MIT
#pragma once

// The types of filesystems, one row each: what everybody but their writers and readers needs to
// know. How one is written and read stands in its row of disk/filesystems.cpp.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <imagewright/model/layout.hpp>

namespace imagewright::model {

/// Whether files are in it.
enum class FilesystemUse : std::uint8_t { files, swap_area };

struct FilesystemRow {
  FilesystemType type = FilesystemType::ext4;
  std::string_view word = {};        ///< of configs; empty: it is only read
  std::string_view other_word = {};  ///< means the same; empty: none
  std::string_view title = {};       ///< what it is, for a list of words
  std::string_view other_title = {}; ///< of the other word
  std::string_view mount_type;       ///< of mount(8) and fstab
  std::size_t longest_label = 0;     ///< in bytes
  FilesystemUse use = FilesystemUse::files;
  /// fsck at boot repairs it, in fstab's order: 1 for "/", 2 for others. False: systemd leaves it
  /// alone, because its checker does nothing there.
  bool is_checked_at_boot = false;
  /// The kernel driver that the initramfs of such a root must be given; empty: it is there as a
  /// matter of course.
  std::string_view root_driver = {};
  std::string_view grub_module = {}; ///< with which GRUB reads it; empty: it does not
  /// mkfs makes a directory for what fsck finds.
  bool has_lost_and_found = false;
};

inline constexpr std::array k_filesystem_types{
    FilesystemRow{.type = FilesystemType::ext4,
                  .word = "ext4",
                  .title = "ext4, without a journal below 8M",
                  .mount_type = "ext4",
                  .longest_label = 16,
                  .is_checked_at_boot = true,
                  .grub_module = "ext2",
                  .has_lost_and_found = true},
    FilesystemRow{.type = FilesystemType::xfs,
                  .word = "xfs",
                  .title = "XFS",
                  .mount_type = "xfs",
                  .longest_label = 12,
                  .root_driver = "xfs",
                  .grub_module = "xfs"},
    FilesystemRow{.type = FilesystemType::btrfs,
                  .word = "btrfs",
                  .title = "btrfs (preview feature `btrfs`)",
                  .mount_type = "btrfs",
                  .longest_label = 255,
                  .root_driver = "btrfs",
                  .grub_module = "btrfs"},
    FilesystemRow{.type = FilesystemType::fat32,
                  .word = "fat32",
                  .other_word = "vfat",
                  .title = "FAT32, or FAT16 below 33M, where FAT32 has too few clusters",
                  .other_title = "the same as fat32",
                  .mount_type = "vfat",
                  .longest_label = 11,
                  .grub_module = "fat"},
    FilesystemRow{.type = FilesystemType::swap,
                  .word = "swap",
                  .title = "swap area, on a `swap` partition",
                  .mount_type = "swap",
                  .longest_label = 15,
                  .use = FilesystemUse::swap_area},
    FilesystemRow{.type = FilesystemType::squashfs, .mount_type = "squashfs"},
};

constexpr const FilesystemRow& row_of(FilesystemType type) {
  return *std::find_if(k_filesystem_types.begin(), k_filesystem_types.end(),
                       [&](const FilesystemRow& row) { return row.type == type; });
}

/// By the word that mount(8) and fstab use.
std::optional<FilesystemType> find_mount_type(std::string_view word);

} // namespace imagewright::model
