// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/disk/fit.hpp>
#include <imagewright/tree/split.hpp>

#include "disk/ext4/handle.hpp"
#include "disk/ext4/plan.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint64_t k_largest_mib = std::uint64_t{64} << 20U;

tree::RootTree tree_of(const DiskRequest& request, const model::Filesystem& filesystem) {
  std::vector<std::string> mounts;
  for (const model::Partition& partition : request.layout.partitions) {
    if (partition.filesystem && partition.filesystem->mount_point.starts_with('/')) {
      mounts.push_back(partition.filesystem->mount_point);
    }
  }
  auto trees = tree::split_at_mounts(request.tree, mounts);
  const auto found = trees.find(filesystem.mount_point);
  IMAGEWRIGHT_ASSERT(found != trees.end());
  return std::move(found->second);
}

bool fits(model::Partition partition, std::uint64_t mib, const tree::RootTree& tree,
          base::Epoch epoch) {
  partition.size = base::ByteSize::mib(mib);
  try {
    plan_ext4(partition, tree, epoch);
    return true;
  } catch (const base::Error& error) {
    if (error.diagnostic().code == "disk.content-too-large") return false;
    throw;
  }
}

} // namespace

base::ByteSize smallest_last_partition(const DiskRequest& request) {
  IMAGEWRIGHT_ASSERT(!request.layout.partitions.empty());
  const model::Partition& last = request.layout.partitions.back();
  if (!last.filesystem || last.filesystem->type != model::FilesystemType::ext4) {
    throw base::Error(base::FailureKind::input, "disk.filesystem-unsupported",
                      "only an ext4 filesystem can be fitted to its content",
                      "give the last partition a size, and remove autoSize");
  }
  const tree::RootTree tree = tree_of(request, *last.filesystem);
  // Every size that is large enough is followed by sizes that are: halving finds the border.
  // What nobody asked to be small gets a journal.
  std::uint64_t too_small =
      k_fewest_blocks_with_journal * k_ext4_block_size / base::ByteSize::mib(1).bytes() - 1;
  std::uint64_t enough = 16;
  while (enough < k_largest_mib && !fits(last, enough, tree, request.epoch)) {
    too_small = enough;
    enough *= 2;
  }
  while (too_small + 1 < enough) {
    const std::uint64_t middle = too_small + (enough - too_small) / 2;
    (fits(last, middle, tree, request.epoch) ? enough : too_small) = middle;
  }
  return base::ByteSize::mib(enough);
}

} // namespace imagewright::disk
