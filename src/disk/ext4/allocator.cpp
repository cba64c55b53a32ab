// SPDX-License-Identifier: MIT
#include "disk/ext4/allocator.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

Ext4Allocator::Ext4Allocator(const Ext4Handle& fs)
    : fs_(fs), position_(fs->super->s_first_data_block), end_(ext2fs_blocks_count(fs->super)) {}

BlockRun Ext4Allocator::next_run(std::uint64_t limit) {
  if (position_ >= end_) fs_.check(EXT2_ET_BLOCK_ALLOC_FAIL, "find room for content");
  blk64_t start = 0;
  if (ext2fs_find_first_zero_block_bitmap2(fs_->block_map, position_, end_ - 1, &start) != 0) {
    fs_.check(EXT2_ET_BLOCK_ALLOC_FAIL, "find room for content");
  }
  const std::uint64_t last = std::min<std::uint64_t>(end_, start + limit) - 1;
  blk64_t stop = 0;
  const bool is_cut = ext2fs_find_first_set_block_bitmap2(fs_->block_map, start, last, &stop) == 0;
  const std::uint64_t count = (is_cut ? stop : last + 1) - start;
  ext2fs_block_alloc_stats_range(fs_.get(), start, static_cast<blk_t>(count), +1);
  position_ = start + count;
  return {start, count};
}

std::vector<BlockRun> Ext4Allocator::allocate(std::uint64_t count) {
  std::vector<BlockRun> runs;
  while (count > 0) {
    runs.push_back(next_run(count));
    count -= runs.back().count;
  }
  return runs;
}

std::uint64_t Ext4Allocator::allocate_one() {
  return next_run(1).start;
}

} // namespace imagewright::disk
