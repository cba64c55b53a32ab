// SPDX-License-Identifier: MIT
#include "disk/gpt/write.hpp"

#include <memory>

#include <libfdisk/libfdisk.h>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

namespace {

constexpr std::uint64_t k_sector = 512;

struct ContextCloser {
  void operator()(fdisk_context* context) const { fdisk_unref_context(context); }
};
using Context = std::unique_ptr<fdisk_context, ContextCloser>;

struct PartitionCloser {
  void operator()(fdisk_partition* partition) const { fdisk_unref_partition(partition); }
};
using NewPartition = std::unique_ptr<fdisk_partition, PartitionCloser>;

struct TypeCloser {
  void operator()(fdisk_parttype* type) const { fdisk_unref_parttype(type); }
};
using PartitionType = std::unique_ptr<fdisk_parttype, TypeCloser>;

// libfdisk returns negative error numbers.
void check(int result, const std::string& what, const std::string& path) {
  if (result >= 0) return;
  base::throw_system_error("disk.cannot-write-partition-table", what, path, -result);
}

void add_partition(const Context& context, std::size_t index, const model::Partition& partition,
                   const std::string& path) {
  const NewPartition added(fdisk_new_partition());
  const PartitionType type(fdisk_label_parse_parttype(fdisk_get_label(context.get(), nullptr),
                                                      partition.type.to_string().c_str()));
  IMAGEWRIGHT_ASSERT(added && type);
  const std::string what = "cannot add partition \"" + partition.id + "\" to";
  check(fdisk_partition_set_partno(added.get(), index), what, path);
  check(fdisk_partition_set_type(added.get(), type.get()), what, path);
  check(fdisk_partition_set_start(added.get(), partition.start.bytes() / k_sector), what, path);
  check(fdisk_partition_set_size(added.get(), partition.size.bytes() / k_sector), what, path);
  check(fdisk_partition_size_explicit(added.get(), 1), what, path);
  check(fdisk_partition_set_uuid(added.get(), partition.uuid.to_string().c_str()), what, path);
  if (!partition.label.empty()) {
    check(fdisk_partition_set_name(added.get(), partition.label.c_str()), what, path);
  }
  check(fdisk_add_partition(context.get(), added.get(), nullptr), what, path);
}

} // namespace

void write_partition_table(int fd, const std::string& path, const model::DiskLayout& layout) {
  const Context context(fdisk_new_context());
  IMAGEWRIGHT_ASSERT(context);
  const std::string what = "cannot write a partition table to";
  fdisk_disable_dialogs(context.get(), 1);
  check(fdisk_assign_device_by_fd(context.get(), fd, path.c_str(), 0), what, path);
  check(fdisk_create_disklabel(context.get(), "gpt"), what, path);
  check(fdisk_set_disklabel_id_from_string(context.get(), layout.uuid.to_string().c_str()), what,
        path);
  for (std::size_t index = 0; index < layout.partitions.size(); ++index) {
    add_partition(context, index, layout.partitions[index], path);
  }
  check(fdisk_write_disklabel(context.get()), what, path);
  check(fdisk_deassign_device(context.get(), 1), what, path);
}

} // namespace imagewright::disk
