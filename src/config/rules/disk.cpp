// SPDX-License-Identifier: MIT
#include <optional>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/rules/rules.hpp"
#include "config/rules/storage_index.hpp"

namespace imagewright::config {

namespace {

using base::ByteSize;

constexpr ByteSize k_largest_disk = ByteSize(std::uint64_t{1} << 50U);
/// UEFI specification 2.10, section 5.3: the array that every firmware reads.
constexpr std::size_t k_most_partitions = 128;

/// The way a config would write it.
std::string size_text(ByteSize size) {
  const bool is_whole = size.bytes() > 0 && size.is_multiple_of(ByteSize::gib(1));
  return is_whole ? fmt::format("{}G", size.bytes() >> 30U)
                  : fmt::format("{}M", size.bytes() >> 20U);
}

std::string name_of(const model::PartitionConfig& partition, std::size_t index) {
  return partition.id.empty() ? fmt::format("partition {}", index + 1)
                              : fmt::format("partition {}", base::quoted(partition.id));
}

std::string range_of(const PartitionExtent& extent) {
  return fmt::format("{} to {}", size_text(extent.start),
                     extent.end ? size_text(*extent.end) : "the end of the disk");
}

class DiskRules {
public:
  explicit DiskRules(const model::DiskConfig& disk) : disk_(disk) {}

  base::Diagnostics check() {
    if (has_too_large_sizes()) return diagnostics_;
    check_count();
    extents_ = extents_of(disk_);
    for (std::size_t index = 0; index < disk_.partitions.size(); ++index)
      check_partition(index);
    if (!diagnostics_.has_errors()) check_disk_size();
    return diagnostics_;
  }

private:
  void report(std::string message, const base::SourceLocation& where, std::string hint) {
    diagnostics_.error("config.bad-layout", std::move(message), where, std::move(hint));
  }

  bool has_too_large_sizes() {
    const auto check = [&](const std::optional<model::Located<ByteSize>>& size) {
      if (!size || size->value <= k_largest_disk) return;
      report(fmt::format("{} is larger than the largest disk, {}", size_text(size->value),
                         size_text(k_largest_disk)),
             size->where, "use a smaller size");
    };
    check(disk_.max_size);
    for (const model::PartitionConfig& partition : disk_.partitions) {
      check(partition.start);
      check(partition.end);
      check(partition.size);
    }
    return diagnostics_.has_errors();
  }

  void check_count() {
    if (disk_.partitions.size() <= k_most_partitions) return;
    report(fmt::format("this is partition number {}, and a partition table has room for {}",
                       k_most_partitions + 1, k_most_partitions),
           disk_.partitions[k_most_partitions].where, "remove or join partitions");
  }

  void check_partition(std::size_t index) {
    const model::PartitionConfig& partition = disk_.partitions[index];
    const std::string name = name_of(partition, index);
    const PartitionExtent& extent = extents_[index];
    const base::SourceLocation& where = partition.start ? partition.start->where : partition.where;
    if (extent.end && *extent.end <= extent.start) {
      report(fmt::format("{} ends at {}, which is not after its start, {}", name,
                         size_text(*extent.end), size_text(extent.start)),
             partition.end ? partition.end->where : partition.where,
             "move the end, or give a size");
    }
    if (extent.start < k_table_room) {
      report(fmt::format("{} starts at {}, where the partition table stands", name,
                         size_text(extent.start)),
             where, "start it at 1M or later");
    } else if (partition.kind == model::PartitionKind::bios_grub && extent.start != k_table_room) {
      report(fmt::format("{} has the type bios-grub and must start at 1M", name), where,
             "make it the first partition");
    }
    if (index > 0) check_order(index, where);
  }

  void check_order(std::size_t index, const base::SourceLocation& where) {
    const PartitionExtent& extent = extents_[index];
    const PartitionExtent& extent_before = extents_[index - 1];
    const model::PartitionConfig& before = disk_.partitions[index - 1];
    const std::string before_name = name_of(before, index - 1);
    if (!extent_before.end) {
      diagnostics_.add({.code = "config.bad-layout",
                        .message = fmt::format(
                            "{} takes the rest of the disk, so nothing can follow it", before_name),
                        .where = before.where,
                        .related = {{disk_.partitions[index].where, "but this partition follows"}},
                        .hint = "give it a size, or make it the last one"});
      return;
    }
    if (*extent_before.end <= extent.start) return;
    diagnostics_.add(
        {.code = "config.bad-layout",
         .message = fmt::format("{} ({}) overlaps {} ({})", name_of(disk_.partitions[index], index),
                                range_of(extent), before_name, range_of(extent_before)),
         .where = where,
         .related = {{before.where, "the one before stands here"}},
         .hint =
             "list partitions in disk order, each starting where the one before ends or later"});
  }

  void check_disk_size() {
    if (disk_.max_size && disk_.max_size->value.bytes() == 0) {
      report("a disk needs room", disk_.max_size->where, "give a maxSize of some MiB");
      return;
    }
    if (extents_.empty()) {
      if (!disk_.max_size)
        report("a disk without partitions needs the key \"maxSize\"", disk_.where,
               "add maxSize, or partitions");
      return;
    }
    const PartitionExtent& last = extents_.back();
    if (!disk_.max_size) return;
    // A partition that grows needs at least 1 MiB.
    const ByteSize needed = (last.end ? *last.end : last.start + ByteSize::mib(1)) + k_table_room;
    if (needed <= disk_.max_size->value) return;
    report(fmt::format("the partitions and the partition table need {}, but maxSize is {}",
                       size_text(needed), size_text(disk_.max_size->value)),
           disk_.max_size->where,
           fmt::format("raise maxSize to {}M or more", needed.bytes() >> 20U));
  }

  const model::DiskConfig& disk_;
  base::Diagnostics diagnostics_;
  std::vector<PartitionExtent> extents_;
};

} // namespace

base::Diagnostics check_disk(const model::DiskConfig& disk) {
  return DiskRules(disk).check();
}

} // namespace imagewright::config
