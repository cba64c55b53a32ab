// SPDX-License-Identifier: MIT
#pragma once

// Copies the content of files into a filesystem, leaving long runs of zeros out.

#include <cstdint>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "disk/block_device.hpp"
#include "disk/ext4/allocator.hpp"
#include "disk/ext4/extents.hpp"

namespace imagewright::disk {

/// What became of one file.
struct PlacedContent {
  std::vector<FileExtent> extents;
  std::uint64_t block_count = 0;
};

/// Copies one file after another; content that the device can borrow stays where it is. Where runs
/// of zeros become holes depends on the content alone.
class ContentCopier {
public:
  ContentCopier(BlockDevice& device, Ext4Allocator& allocator, std::uint32_t block_size,
                const base::Cancellation& cancellation);

  /// `content` is what the inode has.
  PlacedContent copy(const tree::OpenContent& content, const tree::Inode& inode);

private:
  class Placement;

  std::uint64_t whole_blocks(std::uint64_t bytes) const;

  BlockDevice& device_;
  Ext4Allocator& allocator_;
  std::uint32_t block_size_;
  const base::Cancellation& cancellation_;
  std::vector<std::byte> buffer_;
};

} // namespace imagewright::disk
