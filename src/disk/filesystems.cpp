// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/model/filesystem_type.hpp>

#include "disk/btrfs/reader.hpp"
#include "disk/ext4/filesystem.hpp"
#include "disk/fat/filesystem.hpp"
#include "disk/filesystem.hpp"
#include "disk/squashfs/reader.hpp"
#include "disk/swap/filesystem.hpp"
#include "disk/xfs/reader.hpp"

namespace imagewright::disk {

namespace {

using model::FilesystemType;

constexpr std::array k_filesystems{
    FilesystemBehaviour{FilesystemType::ext4, &k_ext4_writer, &k_ext4_reading},
    FilesystemBehaviour{FilesystemType::fat32, &k_fat_writer, &k_fat_reading},
    FilesystemBehaviour{FilesystemType::swap, &k_swap_writer, nullptr},
    FilesystemBehaviour{FilesystemType::xfs, nullptr, &k_xfs_reading},
    FilesystemBehaviour{FilesystemType::btrfs, nullptr, &k_btrfs_reading},
    FilesystemBehaviour{FilesystemType::squashfs, nullptr, &k_squashfs_reading},
};
static_assert(k_filesystems.size() == model::k_filesystem_types.size());

} // namespace

std::span<const FilesystemBehaviour> filesystems() {
  return k_filesystems;
}

const FilesystemWriter* find_writer(FilesystemType type) {
  for (const FilesystemBehaviour& candidate : k_filesystems) {
    if (candidate.type == type) return candidate.writer;
  }
  return nullptr;
}

} // namespace imagewright::disk
