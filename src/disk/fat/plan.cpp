// SPDX-License-Identifier: MIT
#include "disk/fat/plan.hpp"

#include <map>
#include <span>

#include <fmt/format.h>

#include <imagewright/base/checked.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "disk/fat/directory.hpp"
#include "disk/fat/reader.hpp"
#include "disk/fat/volume.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint64_t k_largest_file = UINT32_MAX;

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

void check_type(const FilesystemPlace& place, const tree::Entry& entry, const tree::Inode& inode) {
  const bool is_plain =
      inode.type == fs::FileType::regular || inode.type == fs::FileType::directory;
  if (is_plain && inode.size <= k_largest_file) return;
  throw base::Error(base::FailureKind::build, "disk.file-unsupported",
                    fmt::format("{} cannot stand on the FAT partition {}", base::quoted(entry.path),
                                base::quoted(place.partition)),
                    "FAT holds directories and plain files of less than 4 GiB, and nothing else");
}

void collect_nodes(FatPlan& plan, const FilesystemPlace& place, const tree::RootTree& tree) {
  std::map<std::string_view, std::size_t> by_path;
  std::map<std::size_t, FatNames> names;
  for (const tree::Entry& entry : tree.entries) {
    const tree::Inode& inode = tree.inodes.at(entry.inode);
    check_type(place, entry, inode);
    FatNode node{.is_directory = inode.type == fs::FileType::directory, .inode = entry.inode};
    node.size = node.is_directory ? 0 : static_cast<std::uint32_t>(inode.size);
    if (entry.path != "/") {
      node.parent = by_path.at(parent_of(entry.path));
      const std::string name = entry.path.substr(entry.path.rfind('/') + 1);
      node.name = names[node.parent].add(name, entry.path, fat_small_parts_of(inode.flags));
      plan.nodes[node.parent].children.push_back(plan.nodes.size());
    }
    if (node.is_directory) by_path.emplace(entry.path, plan.nodes.size());
    plan.nodes.push_back(std::move(node));
  }
}

std::uint64_t bytes_of(const FatPlan& plan, std::size_t index) {
  const FatNode& node = plan.nodes[index];
  if (!node.is_directory) return node.size;
  const std::uint64_t bytes = fat_directory_entries(plan, index) * k_fat_entry_size;
  if (index != 0 || plan.geometry.kind == FatKind::fat32) return bytes;
  if (bytes > std::uint64_t{plan.geometry.root_entries} * k_fat_entry_size) {
    throw base::Error(base::FailureKind::build, "disk.content-too-large",
                      "the root directory of a FAT partition has too many names",
                      "make the partition larger than 33 MiB");
  }
  return 0; // the root of FAT12 and FAT16 has no clusters
}

FatPlan placed(FatPlan plan, const FilesystemPlace& place, base::ByteSize size,
               const tree::RootTree& tree) {
  collect_nodes(plan, place, tree);
  std::uint64_t needed = 0;
  const std::uint64_t cluster = plan.geometry.cluster_size();
  for (std::size_t index = 0; index < plan.nodes.size(); ++index) {
    const std::uint64_t clusters = (bytes_of(plan, index) + cluster - 1) / cluster;
    FatNode& node = plan.nodes[index];
    node.cluster_count = static_cast<std::uint32_t>(clusters);
    node.first_cluster = clusters == 0 ? 0 : static_cast<std::uint32_t>(2 + needed);
    needed += clusters;
  }
  if (needed > plan.geometry.cluster_count) {
    const base::ByteSize need(needed * cluster);
    const base::ByteSize room(plan.geometry.cluster_count * cluster);
    throw base::Error(
        base::FailureKind::build, "disk.content-too-large",
        fmt::format("the content of partition {} ({}) needs {}, and its filesystem of {} has {}",
                    base::quoted(place.partition), place.mount_point, base::to_string(need),
                    base::to_string(size), base::to_string(room)),
        fmt::format("make the partition at least {} larger",
                    base::to_string((need - room).rounded_up_to(base::ByteSize::mib(1)))));
  }
  plan.used_clusters = static_cast<std::uint32_t>(needed);
  return plan;
}

} // namespace

namespace {

std::uint32_t serial_of(const base::Uuid& uuid) {
  const auto& bytes = uuid.bytes;
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | bytes[3];
}

} // namespace

FatPlan plan_fat(const model::Partition& partition, const tree::RootTree& tree, base::Epoch epoch) {
  FatPlan plan{.geometry = choose_fat_geometry(partition.size),
               .serial = serial_of(partition.filesystem->uuid),
               .label = partition.filesystem->label,
               .epoch = epoch,
               .partition_start = partition.start.bytes()};
  return placed(std::move(plan), {partition.id, partition.filesystem->mount_point}, partition.size,
                tree);
}

namespace {

/// In the boot sector that is taken over, and in its copy. Microsoft's FAT specification, "Boot
/// Sector and BPB": of FAT32 BPB_BkBootSec at 50 says where that is.
void set_serial(FatPlan& plan, std::uint32_t serial) {
  const bool is_fat32 = plan.geometry.kind == FatKind::fat32;
  const std::size_t place = is_fat32 ? 67 : 39;
  put(plan.reserved, place, serial);
  if (!is_fat32) return;
  const std::size_t copy = std::size_t{get<std::uint16_t>(plan.reserved, 50)} * k_fat_sector;
  if (copy != 0 && copy + k_fat_sector <= plan.reserved.size())
    put(plan.reserved, copy + place, serial);
}

FatShape read_shape(sandbox::ByteReader& reader) {
  const auto next = [&] {
    const auto number = base::checked_cast<std::uint32_t>(reader.number());
    if (!number) throw base::BugError("a number of a FAT volume is beyond its type");
    return *number;
  };
  FatShape shape;
  shape.sector_size = next();
  shape.total_sectors = next();
  shape.sectors_per_cluster = next();
  shape.reserved_sectors = next();
  shape.sectors_per_fat = next();
  shape.table_count = next();
  shape.root_entries = next();
  shape.cluster_count = next();
  shape.entry_bits = next();
  return shape;
}

FatGeometry geometry_of(const FatShape& shape) {
  return {.kind = shape.entry_bits == 32   ? FatKind::fat32
                  : shape.entry_bits == 16 ? FatKind::fat16
                                           : FatKind::fat12,
          .total_sectors = shape.total_sectors,
          .sectors_per_cluster = shape.sectors_per_cluster,
          .reserved_sectors = shape.reserved_sectors,
          .sectors_per_fat = shape.sectors_per_fat,
          .root_entries = shape.root_entries,
          .cluster_count = shape.cluster_count,
          .table_count = shape.table_count};
}

/// Everything that is written is inside of the partition, and has its entry in a table.
void require_possible(const FatPlan& plan, base::ByteSize size) {
  const FatGeometry& geometry = plan.geometry;
  const std::uint64_t table = std::uint64_t{geometry.sectors_per_fat} * k_fat_sector;
  const std::uint64_t data =
      (std::uint64_t{geometry.reserved_sectors} +
       std::uint64_t{geometry.table_count} * geometry.sectors_per_fat) *
          k_fat_sector +
      std::uint64_t{geometry.root_entries} * k_fat_entry_size + k_fat_sector +
      std::uint64_t{geometry.cluster_count} * geometry.sectors_per_cluster * k_fat_sector;
  const bool is_possible =
      geometry.reserved_sectors <= UINT16_MAX && geometry.table_count <= UINT8_MAX &&
      geometry.table_count > 0 && geometry.root_entries <= UINT16_MAX &&
      geometry.sectors_per_cluster <= UINT8_MAX && geometry.sectors_per_cluster > 0 &&
      geometry.cluster_count < 0x0FFFFFF5 &&
      ((std::uint64_t{geometry.cluster_count} + 2) * entry_bits_of(geometry.kind) + 7) / 8 <=
          table &&
      data <= std::uint64_t{UINT32_MAX} * k_fat_sector && data <= size.bytes() + k_fat_sector &&
      plan.reserved.size() >= k_fat_sector &&
      plan.reserved.size() == std::uint64_t{geometry.reserved_sectors} * k_fat_sector;
  if (!is_possible) throw_corrupt_fat("its sizes contradict each other");
}

} // namespace

std::string fat_identity(const fs::ByteSource& original) {
  const FatVolume volume(original);
  const auto [sector_size, total_sectors, sectors_per_cluster, reserved_sectors, sectors_per_fat,
              table_count, root_entries, cluster_count, entry_bits] = volume.shape();
  sandbox::ByteWriter writer;
  for (const std::uint32_t number :
       {sector_size, total_sectors, sectors_per_cluster, reserved_sectors, sectors_per_fat,
        table_count, root_entries, cluster_count, entry_bits})
    writer.number(number);
  writer.text(open_fat(original)->facts().label).text(as_text(volume.read_reserved()));
  return writer.number(volume.size()).take();
}

FatPlan plan_fat_rewrite(const RewrittenFilesystem& request, const tree::RootTree& tree) {
  sandbox::ByteReader reader(request.identity);
  const FatShape shape = read_shape(reader);
  if (shape.sector_size != k_fat_sector) {
    throw base::Error(
        base::FailureKind::input, "disk.rewrite-unsupported",
        fmt::format("the filesystem of partition {} ({}) would change, and cannot be written with "
                    "what it has: sectors of {} bytes",
                    base::quoted(request.place.partition), request.place.mount_point,
                    shape.sector_size),
        "leave what is on it as it is, or make the base image with another kind of filesystem");
  }
  FatPlan plan{.geometry = geometry_of(shape), .label = reader.text(), .epoch = request.epoch};
  const std::string reserved = reader.text();
  plan.reserved.assign(std::as_bytes(std::span(reserved)).begin(),
                       std::as_bytes(std::span(reserved)).end());
  const base::ByteSize size(reader.number());
  require_possible(plan, request.size);
  if (request.uuid) set_serial(plan, serial_of(*request.uuid));
  return placed(std::move(plan), request.place, size, tree);
}

} // namespace imagewright::disk
