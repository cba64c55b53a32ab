// SPDX-License-Identifier: MIT
#include "places.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>

namespace imagewright::origin {

Places::Places(const BaseImage& base, const model::DiskLayout* layout)
    : base_(base), layout_(layout) {
  for (const BasePartition& partition : base.partitions())
    in_order_.push_back(&partition);
  std::ranges::sort(in_order_, {}, [](const auto* each) { return each->entry.start.bytes(); });
  IMAGEWRIGHT_ASSERT(layout == nullptr || layout->partitions.size() == in_order_.size());
}

const model::Partition* Places::find(const BasePartition& partition) const {
  if (layout_ == nullptr) return nullptr;
  const auto place = std::ranges::find(in_order_, &partition);
  IMAGEWRIGHT_ASSERT(place != in_order_.end());
  return &layout_->partitions[static_cast<std::size_t>(place - in_order_.begin())];
}

disk::PartitionEntry Places::entry_of(const BasePartition& partition) const {
  disk::PartitionEntry entry = partition.entry;
  if (const model::Partition* placed = find(partition)) {
    entry.start = placed->start;
    entry.size = placed->size;
  }
  return entry;
}

bool Places::is_grown(const BasePartition& partition) const {
  return entry_of(partition).size != partition.entry.size;
}

base::ByteSize Places::disk_size() const {
  return layout_ == nullptr ? base::ByteSize(base_.disk().size()) : layout_->size;
}

std::vector<Stretch> Places::stretches() const {
  if (!is_any_moved()) return {{.start = 0, .end = base_.disk().size(), .shift = 0}};
  std::vector<Stretch> stretches;
  std::uint64_t start = 0;
  for (const BasePartition* partition : in_order_) {
    const std::uint64_t end = partition->entry.start.bytes() + partition->entry.size.bytes();
    // What stands before a partition stays there.
    stretches.push_back(
        {.start = start,
         .end = end,
         .shift = entry_of(*partition).start.bytes() - partition->entry.start.bytes()});
    start = end;
  }
  // The table at the start of the disk does not move with the first partition, which never does.
  return stretches;
}

void Places::write_table(int file, const std::string& name) const {
  if (!is_any_moved()) return;
  std::vector<disk::PartitionEntry> entries;
  for (const BasePartition& partition : base_.partitions())
    entries.push_back(entry_of(partition));
  disk::set_partition_places(file, disk_size().bytes(), name, entries);
  static_cast<void>(disk::move_backup_table(file, base_.disk().size(), disk_size().bytes(), name));
}

} // namespace imagewright::origin
