// SPDX-License-Identifier: MIT
#pragma once

// Gives out blocks in ascending order, so that content lies in the order of the tree.

#include <cstdint>
#include <vector>

#include "disk/ext4/handle.hpp"

namespace imagewright::disk {

/// Blocks that follow each other.
struct BlockRun {
  std::uint64_t start = 0;
  std::uint64_t count = 0;

  bool operator==(const BlockRun&) const = default;
};

class Ext4Allocator {
public:
  /// `fs` must outlive the allocator.
  explicit Ext4Allocator(const Ext4Handle& fs);

  /// As few runs as possible. Throws base::Error (disk.content-too-large).
  std::vector<BlockRun> allocate(std::uint64_t count);
  std::uint64_t allocate_one();

private:
  BlockRun next_run(std::uint64_t limit);

  const Ext4Handle& fs_;
  std::uint64_t position_;
  std::uint64_t end_;
};

} // namespace imagewright::disk
