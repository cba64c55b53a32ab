// SPDX-License-Identifier: MIT
#include "disk/fat/writer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "disk/fat/directory.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint8_t k_media_fixed_disk = 0xF8;
constexpr std::uint32_t k_information_sector = 1;
constexpr std::uint32_t k_backup_boot_sector = 6;
constexpr std::size_t k_chunk_size = std::size_t{1} << 20U;

// Sections 3.1 to 3.3: the BIOS parameter block and what follows it.
Bytes make_boot_sector(const FatPlan& plan) {
  const FatGeometry& geometry = plan.geometry;
  const bool is_fat32 = geometry.kind == FatKind::fat32;
  Bytes sector(k_fat_sector);
  put_text(sector, 0, is_fat32 ? "\xEB\x58\x90" : "\xEB\x3C\x90");
  put_text(sector, 3, "IMGWRGHT");
  put(sector, 11, static_cast<std::uint16_t>(k_fat_sector));
  put(sector, 13, static_cast<std::uint8_t>(geometry.sectors_per_cluster));
  put(sector, 14, static_cast<std::uint16_t>(geometry.reserved_sectors));
  put(sector, 16, std::uint8_t{2}); // tables
  put(sector, 17, static_cast<std::uint16_t>(geometry.root_entries));
  const bool is_small = !is_fat32 && geometry.total_sectors <= UINT16_MAX;
  put(sector, 19, static_cast<std::uint16_t>(is_small ? geometry.total_sectors : 0));
  put(sector, 21, k_media_fixed_disk);
  put(sector, 22, static_cast<std::uint16_t>(is_fat32 ? 0 : geometry.sectors_per_fat));
  put(sector, 24, std::uint16_t{63});  // sectors per track, for interrupt 0x13
  put(sector, 26, std::uint16_t{255}); // heads
  const std::uint64_t hidden = plan.partition_start / k_fat_sector;
  put(sector, 28, static_cast<std::uint32_t>(std::min<std::uint64_t>(hidden, UINT32_MAX)));
  put(sector, 32, is_small ? 0U : geometry.total_sectors);
  std::size_t tail = 36;
  if (is_fat32) {
    put(sector, 36, geometry.sectors_per_fat);
    put(sector, 44, plan.nodes.front().first_cluster);
    put(sector, 48, static_cast<std::uint16_t>(k_information_sector));
    put(sector, 50, static_cast<std::uint16_t>(k_backup_boot_sector));
    tail = 64;
  }
  put(sector, tail, std::uint8_t{0x80});     // drive number
  put(sector, tail + 2, std::uint8_t{0x29}); // serial number, label and type follow
  put(sector, tail + 3, plan.serial);
  const ShortName label = fat_label(plan.label.empty() ? "NO NAME" : plan.label);
  put_text(sector, tail + 7, std::string_view(label.data(), label.size()));
  put_text(sector, tail + 18, fmt::format("FAT{}   ", entry_bits_of(geometry.kind)));
  // Code that stops the processor: these volumes are started by UEFI firmware, not by their boot
  // sector.
  put_text(sector, tail + 26, "\xF4\xEB\xFD");
  put(sector, 510, std::uint16_t{0xAA55});
  return sector;
}

// Section 5: free clusters and where to look for them.
Bytes make_information_sector(const FatPlan& plan) {
  Bytes sector(k_fat_sector);
  put(sector, 0, std::uint32_t{0x41615252});
  put(sector, 484, std::uint32_t{0x61417272});
  put(sector, 488, plan.geometry.cluster_count - plan.used_clusters);
  put(sector, 492, 2 + plan.used_clusters);
  put(sector, 508, std::uint32_t{0xAA550000});
  return sector;
}

/// One entry of a table; what is wider than an entry is cut.
void put_entry(Bytes& table, FatKind kind, std::uint64_t cluster, std::uint32_t value) {
  switch (kind) {
  case FatKind::fat32:
    put(table, cluster * 4, value & 0x0FFFFFFFU);
    return;
  case FatKind::fat16:
    put(table, cluster * 2, static_cast<std::uint16_t>(value));
    return;
  case FatKind::fat12:
    break;
  }
  // Two entries share three bytes: the second one begins in the upper half of the middle one.
  const std::uint64_t offset = cluster + cluster / 2;
  const unsigned pair = get<std::uint16_t>(table, offset);
  const unsigned bits = value & 0xFFFU;
  put(table, offset,
      static_cast<std::uint16_t>(cluster % 2 == 0 ? (pair & 0xF000U) | bits
                                                  : (pair & 0x000FU) | bits << 4U));
}

// Section 4: every chain is contiguous, so each entry names the next cluster or ends the chain.
Bytes make_table(const FatPlan& plan) {
  const FatKind kind = plan.geometry.kind;
  const std::uint64_t entries = std::uint64_t{plan.used_clusters} + 2;
  const std::uint64_t bytes = (entries * entry_bits_of(kind) + 7) / 8;
  Bytes table((bytes + k_fat_sector - 1) / k_fat_sector * k_fat_sector);
  const auto media =
      plan.reserved.empty() ? k_media_fixed_disk : get<std::uint8_t>(std::span(plan.reserved), 21);
  put_entry(table, kind, 0, 0xFFFFFF00U | media);
  put_entry(table, kind, 1, UINT32_MAX);
  for (const FatNode& node : plan.nodes) {
    for (std::uint32_t index = 0; index < node.cluster_count; ++index) {
      const bool is_last = index + 1 == node.cluster_count;
      put_entry(table, kind, node.first_cluster + index,
                is_last ? UINT32_MAX : node.first_cluster + index + 1);
    }
  }
  return table;
}

/// Of a volume that is written anew only these change: where the root begins, and what is free.
Bytes patched_reserved(const FatPlan& plan) {
  Bytes reserved = plan.reserved;
  if (plan.geometry.kind != FatKind::fat32) return reserved;
  const std::size_t information = get<std::uint16_t>(std::span(reserved), 48);
  const std::size_t backup = get<std::uint16_t>(std::span(reserved), 50);
  const auto patch_at = [&](std::size_t boot_sector) {
    const std::size_t boot = boot_sector * k_fat_sector;
    if (boot + k_fat_sector > reserved.size()) return;
    put(reserved, boot + 44, plan.nodes.front().first_cluster);
    const std::size_t facts = (boot_sector + information) * k_fat_sector;
    const bool has_facts = information != 0 && information != 0xFFFF &&
                           facts + k_fat_sector <= reserved.size() &&
                           get<std::uint32_t>(std::span(reserved), facts + 484) == 0x61417272;
    if (!has_facts) return;
    put(reserved, facts + 488, plan.geometry.cluster_count - plan.used_clusters);
    put(reserved, facts + 492, 2 + plan.used_clusters);
  };
  patch_at(0);
  if (backup != 0 && backup != 0xFFFF) patch_at(backup);
  return reserved;
}

void write_new_reserved(BlockDevice& device, const FatPlan& plan) {
  const FatGeometry& geometry = plan.geometry;
  const Bytes boot = make_boot_sector(plan);
  device.write(0, boot);
  if (geometry.kind == FatKind::fat32) {
    const Bytes information = make_information_sector(plan);
    device.write(k_information_sector * k_fat_sector, information);
    device.write(k_backup_boot_sector * k_fat_sector, boot);
    device.write((k_backup_boot_sector + k_information_sector) * k_fat_sector, information);
  }
}

void write_structures(BlockDevice& device, const FatPlan& plan) {
  const FatGeometry& geometry = plan.geometry;
  if (plan.reserved.empty()) {
    write_new_reserved(device, plan);
  } else {
    device.write(0, patched_reserved(plan));
  }
  const Bytes table = make_table(plan);
  for (std::uint32_t copy = 0; copy < geometry.table_count; ++copy) {
    const std::uint64_t sector =
        geometry.reserved_sectors + std::uint64_t{copy} * geometry.sectors_per_fat;
    device.write(sector * k_fat_sector, table);
  }
}

void copy_file(BlockDevice& device, std::uint64_t offset, const tree::OpenContent& content,
               std::uint64_t size, const base::Cancellation& cancellation) {
  Bytes buffer(std::min<std::uint64_t>(size, k_chunk_size));
  for (std::uint64_t position = 0; position < size; position += buffer.size()) {
    cancellation.check();
    const auto piece =
        std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), size - position));
    content.read(position, piece);
    device.write(offset + position, piece);
  }
}

} // namespace

base::ByteSize write_fat(BlockDevice& device, const FatPlan& plan, const tree::RootTree& tree,
                         const FileObserver& observe, const base::Cancellation& cancellation) {
  write_structures(device, plan);
  const FatGeometry& geometry = plan.geometry;
  const tree::ContentReader contents(tree);
  for (std::size_t index = 0; index < plan.nodes.size(); ++index) {
    const FatNode& node = plan.nodes[index];
    const std::uint64_t offset =
        node.first_cluster == 0
            ? std::uint64_t{geometry.root_sector()} * k_fat_sector // the root of FAT12 and FAT16
            : geometry.offset_of(node.first_cluster);
    const tree::Inode& inode = tree.inodes.at(node.inode);
    if (node.is_directory) {
      device.write(offset, make_fat_directory(plan, tree, index));
    } else if (node.size > 0) {
      copy_file(device, offset, contents.open_content(inode), inode.size, cancellation);
      observe(inode.size, inode.content);
    }
  }
  return base::ByteSize(std::uint64_t{geometry.first_data_sector()} * k_fat_sector +
                        std::uint64_t{plan.used_clusters} * geometry.cluster_size());
}

} // namespace imagewright::disk
