// SPDX-License-Identifier: MIT
#pragma once

// libext2fs on top of a BlockDevice, with exceptions and destructors.

#include <exception>
#include <memory>
#include <string_view>

#include <ext2fs/ext2fs.h>

#include "disk/block_device.hpp"

namespace imagewright::disk {

/// New filesystems have blocks of this size, as mke2fs makes them for anything that is not tiny.
constexpr std::uint32_t k_ext4_block_size = 4096;
/// libext2fs makes no journal in fewer blocks (ext2fs_default_journal_size): 8 MiB.
constexpr std::uint64_t k_fewest_blocks_with_journal = 2048;

/// An open ext4 filesystem. Destroyed without close(), it forgets what was not written yet.
class Ext4Handle {
public:
  /// Makes a handle for a new filesystem (ext2fs_initialize) of the given parameters.
  static Ext4Handle create(BlockDevice& device, ext2_super_block parameters);
  /// Opens an existing one for reading. Throws base::Error (disk.corrupt-filesystem).
  static Ext4Handle open(const fs::ByteSource& source);

  ext2_filsys get() const { return fs_.get(); }
  ext2_filsys operator->() const { return fs_.get(); }
  ext2_super_block& super() const { return *fs_->super; }
  std::uint32_t block_size() const { return fs_->blocksize; }
  /// Writes super blocks, descriptors and bitmaps.
  void close();

  /// Throws when a library call failed: the device's own exception, when there was one, else
  /// base::Error (disk.ext4-failed, or disk.content-too-large when blocks or inodes ran out).
  void check(errcode_t code, std::string_view what) const;

  /// The bridge between the library's callbacks and the device.
  struct Bridge {
    const fs::ByteSource* source = nullptr;
    BlockDevice* device = nullptr; ///< null: read-only
    std::exception_ptr failure;
  };

private:
  struct Closer {
    void operator()(ext2_filsys fs) const { ext2fs_free(fs); }
  };
  using Filesystem = std::unique_ptr<struct_ext2_filsys, Closer>;

  explicit Ext4Handle(std::unique_ptr<Bridge> bridge) : bridge_(std::move(bridge)) {}

  std::unique_ptr<Bridge> bridge_;
  Filesystem fs_;
};

} // namespace imagewright::disk
