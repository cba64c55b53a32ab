// SPDX-License-Identifier: MIT
#include "lending.hpp"

#include <algorithm>
#include <vector>

#include <imagewright/disk/table_places.hpp>

namespace imagewright::origin {

namespace {

bool do_overlap(const disk::PartitionEntry& partition, const fs::Stretch& table) {
  const std::uint64_t start = partition.start.bytes();
  return table.offset < start + partition.size.bytes() && start < table.offset + table.length;
}

} // namespace

bool stand_tables_alone(const BaseImage& base, const Places& places) {
  const std::vector<fs::Stretch> tables =
      disk::places_of_tables(base.disk(), places.disk_size().bytes());
  return std::ranges::none_of(base.partitions(), [&](const BasePartition& partition) {
    const disk::PartitionEntry then = places.entry_of(partition);
    return std::ranges::any_of(tables, [&](const fs::Stretch& table) {
      return do_overlap(partition.entry, table) || do_overlap(then, table);
    });
  });
}

} // namespace imagewright::origin
