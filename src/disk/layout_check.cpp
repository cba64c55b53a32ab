// SPDX-License-Identifier: MIT
#include "disk/layout_check.hpp"

#include <set>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/filesystem_type.hpp>
#include <imagewright/model/verity.hpp>

#include "disk/filesystem.hpp"

namespace imagewright::disk {

namespace {

// UEFI specification 2.10, table 5.6: 72 bytes of UTF-16, and 128 entries.
constexpr std::size_t k_label_units = 36;
constexpr std::size_t k_most_partitions = 128;

[[noreturn]] void refuse(const std::string& message) {
  throw base::Error(base::FailureKind::input, "disk.layout-invalid", message,
                    "correct the partitions under \"storage\"");
}

// Code points beyond U+FFFF, which start with such a byte, take two units.
std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if ((byte & 0xC0U) != 0x80U) ++units;
    if (byte >= 0xF0U) ++units;
  }
  return units;
}

void check_filesystem(const model::Partition& partition) {
  const model::Filesystem& filesystem = *partition.filesystem;
  const model::FilesystemRow& row = model::row_of(filesystem.type);
  if (find_writer(filesystem.type) == nullptr) {
    throw base::Error(base::FailureKind::input, "disk.filesystem-unsupported",
                      fmt::format("partition {} is to have {}, which cannot be written yet",
                                  base::quoted(partition.id), row.mount_type),
                      "use ext4");
  }
  if (filesystem.label.size() > row.longest_label) {
    refuse(fmt::format("the label {} of partition {} is longer than {} bytes",
                       base::quoted(filesystem.label), base::quoted(partition.id),
                       row.longest_label));
  }
}

void check_verity(const model::DiskLayout& layout) {
  for (const model::VerityDevice& device : layout.verity) {
    const auto* data = layout.find_partition(device.data_partition);
    const auto* hashes = layout.find_partition(device.hash_partition);
    const bool is_complete = data != nullptr && hashes != nullptr && data->filesystem &&
                             (data == hashes || !hashes->filesystem);
    if (!is_complete) {
      refuse(fmt::format("the verity device {} needs a partition with a filesystem and another one "
                         "for its hashes",
                         base::quoted(device.name)));
    }
    if (model::is_inline(device) && model::inline_data_size(data->size) > base::ByteSize())
      continue;
    const base::ByteSize need = model::verity_tree_size(data->size);
    if (need <= hashes->size) continue;
    throw base::Error(base::FailureKind::build, "disk.content-too-large",
                      fmt::format("the hashes of partition {} need {}, and partition {} has {}",
                                  base::quoted(data->id), base::to_string(need),
                                  base::quoted(hashes->id), base::to_string(hashes->size)),
                      "make the partition for the hashes larger");
  }
}

} // namespace

void check_layout(const model::DiskLayout& layout) {
  if (layout.partitions.size() > k_most_partitions) refuse("more than 128 partitions");
  base::ByteSize free_from = k_partition_table_size;
  std::set<std::string> mounts;
  std::set<base::Uuid> uuids = {layout.uuid};
  for (const model::Partition& partition : layout.partitions) {
    const std::string name = base::quoted(partition.id);
    const base::ByteSize mebi = base::ByteSize::mib(1);
    if (!partition.start.is_multiple_of(mebi) || !partition.size.is_multiple_of(mebi)) {
      refuse(fmt::format("partition {} does not start and end on a whole MiB", name));
    }
    if (partition.size == base::ByteSize()) refuse(fmt::format("partition {} is empty", name));
    if (partition.start < free_from) {
      refuse(fmt::format("partition {} overlaps what is before it", name));
    }
    free_from = partition.start + partition.size;
    if (!uuids.insert(partition.uuid).second) {
      refuse(fmt::format("partition {} has a UUID that is already in use", name));
    }
    if (utf16_units(partition.label) > k_label_units) {
      refuse(fmt::format("the label of partition {} is longer than {} characters", name,
                         k_label_units));
    }
    if (!partition.filesystem) continue;
    check_filesystem(partition);
    const std::string& mount = partition.filesystem->mount_point;
    if (mount.starts_with('/') && !mounts.insert(mount).second) {
      refuse(fmt::format("two partitions are mounted at {}", base::quoted(mount)));
    }
  }
  if (free_from + k_partition_table_size > layout.size) {
    refuse(fmt::format("the partitions need {}, and the disk has {}",
                       base::to_string(free_from + k_partition_table_size),
                       base::to_string(layout.size)));
  }
  check_verity(layout);
}

} // namespace imagewright::disk
