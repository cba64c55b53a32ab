// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/partition_type.hpp>
#include <imagewright/plan/grown_partitions.hpp>

namespace imagewright::plan {

namespace {

constexpr base::ByteSize k_unit = base::ByteSize::mib(1);
/// What ext4 reaches with block numbers of 32 bits, which most bases have.
constexpr base::ByteSize k_largest = base::ByteSize::gib(16 * 1024 - 1);

[[noreturn]] void refuse(const model::GrownPartition& wish, const std::string& code,
                         const std::string& why, const std::string& hint) {
  base::Diagnostics mistakes;
  mistakes.error(code, fmt::format("the partition {} {}", base::quoted(wish.label.text), why),
                 wish.label.where, hint);
  throw base::InputError(std::move(mistakes));
}

model::Partition& partition_of(const model::GrownPartition& wish, model::DiskLayout& layout) {
  const auto is_meant = [&](const model::Partition& each) { return each.label == wish.label.text; };
  const auto count = std::ranges::count_if(layout.partitions, is_meant);
  if (count != 1)
    refuse(wish, "customize.no-partition",
           count == 0 ? "is not in the image" : "is not the only one of that label in the image",
           "\"imagewright inspect IMAGE\" lists the partitions with their labels");
  return *std::ranges::find_if(layout.partitions, is_meant);
}

void check(const model::GrownPartition& wish, const model::Partition& partition,
           const model::DiskLayout& layout) {
  constexpr const char* k_code = "customize.cannot-grow";
  if (wish.size < partition.size)
    refuse(wish, k_code,
           fmt::format("has {} already, which is more than {}", base::to_string(partition.size),
                       base::to_string(wish.size)),
           "partitions of a base grow only; describe a new disk with storage.disks");
  if (wish.size > k_largest)
    refuse(wish, k_code, fmt::format("cannot grow beyond {}", base::to_string(k_largest)),
           "give a smaller size");
  const bool is_verified = std::ranges::any_of(layout.verity, [&](const auto& device) {
    return device.data_partition == partition.id || device.hash_partition == partition.id;
  });
  if (is_verified)
    refuse(wish, k_code, "takes part in dm-verity", "describe a new disk with storage.disks");
  const auto& filesystem = partition.filesystem;
  if (!filesystem || filesystem->type != model::FilesystemType::ext4 ||
      filesystem->mount_point.empty())
    refuse(wish, k_code, "holds no ext4 filesystem that the base's /etc/fstab mounts",
           "only such filesystems grow; describe a new disk with storage.disks for others");
}

/// GRUB's first sector knows by its number where the rest stands.
void require_movable(const model::GrownPartition& wish, const model::Partition& partition,
                     const model::Architecture& architecture) {
  if (partition.type != model::partition_type(model::PartitionKind::bios_grub, architecture))
    return;
  refuse(wish, "customize.cannot-grow",
         fmt::format("stands before {}, which a BIOS finds only where it is",
                     base::quoted(partition.id)),
         "describe a new disk with storage.disks");
}

void grow(const model::GrownPartition& wish, const model::Architecture& architecture,
          model::DiskLayout& layout) {
  model::Partition& grown = partition_of(wish, layout);
  check(wish, grown, layout);
  const base::ByteSize more = (wish.size - grown.size).rounded_up_to(k_unit);
  grown.size = wish.size;
  layout.size = layout.size + more;
  if (more.bytes() == 0) return;
  for (model::Partition& partition : layout.partitions) {
    if (partition.start <= grown.start) continue;
    require_movable(wish, partition, architecture);
    partition.start = partition.start + more;
  }
}

} // namespace

model::DiskLayout with_grown_partitions(model::DiskLayout layout,
                                        const std::vector<model::GrownPartition>& wishes,
                                        const model::Architecture& architecture) {
  for (const model::GrownPartition& wish : wishes)
    grow(wish, architecture, layout);
  return layout;
}

model::DiskLayout fitted_to_formats(model::DiskLayout layout,
                                    const std::vector<model::OutputImage>& outputs) {
  base::ByteSize unit(512);
  for (const model::OutputImage& output : outputs) {
    if (const auto format = model::image_format_of(output.format))
      unit = std::max(unit, model::row_of(*format).size_unit);
  }
  layout.size = layout.size.rounded_up_to(unit);
  return layout;
}

} // namespace imagewright::plan
