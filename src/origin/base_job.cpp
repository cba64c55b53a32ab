// SPDX-License-Identifier: MIT
#include "base_job.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/rewrite.hpp>
#include <imagewright/inspect/file_record.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/tree/possible_tree.hpp>

#include "base_check.hpp"
#include "base_content.hpp"
#include "foreign_content.hpp"

namespace imagewright::origin {

namespace {

constexpr std::uint32_t k_sector_size = 512;

[[noreturn]] void refuse(const std::string& code, const std::string& message,
                         const std::string& hint) {
  throw base::Error(base::FailureKind::input, code, message, hint);
}

/// "partition 3 (data) holds an XFS filesystem", for each that is not read here.
std::vector<std::string> foreign_partitions(const inspect::OpenedImage& image) {
  std::vector<std::string> found;
  for (const inspect::OpenedPartition& partition : image.partitions()) {
    if (partition.files) continue;
    const std::string_view content = foreign_content(*partition.bytes);
    if (content.empty() || content == k_swap_area) continue;
    found.push_back(fmt::format("partition {} holds {}", base::quoted(partition.name()), content));
  }
  return found;
}

std::string with_foreign(const inspect::OpenedImage& image, const std::string& message) {
  const auto foreign = foreign_partitions(image);
  if (foreign.empty()) return message;
  return fmt::format("{}; {}, which cannot be read here", message, base::join(foreign, "; "));
}

bool has_system(const inspect::OpenedPartition& partition) {
  if (!partition.files || !partition.files->find("/etc/fstab")) return false;
  return partition.files->resolve("/etc/os-release") ||
         partition.files->resolve("/usr/lib/os-release");
}

void require_one_system(const inspect::OpenedImage& image) {
  const std::string file = base::quoted(image.path().string());
  if (image.root() == nullptr) {
    refuse("origin.no-system",
           with_foreign(image, fmt::format("no filesystem of {} holds an operating system", file)),
           "give the disk image of a whole system, on ext2, ext3, ext4, XFS (version 5), Btrfs or "
           "SquashFS");
  }
  std::vector<std::string> roots;
  for (const inspect::OpenedPartition& partition : image.partitions()) {
    if (has_system(partition)) roots.push_back(base::quoted(partition.name()));
  }
  if (roots.size() < 2) return;
  refuse("origin.several-systems",
         fmt::format("{} holds {} operating systems, on the partitions {}", file, roots.size(),
                     base::join(roots, " and ")),
         "which of them is meant cannot be told: give an image with one");
}

/// Disks that a cloud attaches to each machine are in no image.
bool is_of_the_machine(const inspect::MissingMount& mount) {
  const bool is_of_cloud =
      mount.source.starts_with("/dev/disk/azure/") || mount.source.starts_with("/dev/disk/cloud/");
  const bool is_device = mount.source.starts_with("/dev/");
  const bool is_tagged = mount.source.find('=') != std::string::npos;
  return is_of_cloud || (!is_device && !is_tagged);
}

void require_mounts(const inspect::OpenedImage& image) {
  for (const inspect::AmbiguousMount& mount : image.ambiguous_mounts()) {
    refuse(
        "origin.ambiguous-mount",
        fmt::format("/etc/fstab of the base mounts {} at {}, and the partitions {} have that name",
                    base::quoted(mount.source), mount.mount_point,
                    base::join(mount.partitions, " and ")),
        "name the partition by PARTUUID= in the base's /etc/fstab");
  }
  for (const inspect::MissingMount& mount : image.missing_mounts()) {
    if (is_of_the_machine(mount)) continue;
    refuse("origin.mount-not-found",
           with_foreign(image, fmt::format("/etc/fstab of the base mounts {} at {}, and the disk "
                                           "has no filesystem of that name that can be read",
                                           base::quoted(mount.source), mount.mount_point)),
           "correct the line in the base, or make the base with ext4, XFS, Btrfs, SquashFS or FAT "
           "there");
  }
}

/// A filesystem in front of such a superblock is one of several copies, and reads like any other.
void require_no_raid(const inspect::OpenedImage& image) {
  for (const inspect::OpenedPartition& partition : image.partitions()) {
    const bool is_mounted = partition.files && !partition.mount_point.empty();
    if (!is_mounted || !is_raid_member(*partition.bytes)) continue;
    refuse("origin.raid-member",
           fmt::format("partition {}, which the base mounts at {}, is a part of a RAID (md), and a "
                       "change would reach one copy alone",
                       base::quoted(partition.name()), partition.mount_point),
           "make the base on a disk without RAID");
  }
}

void require_plain_sectors(const inspect::OpenedImage& image) {
  const std::uint32_t counted = disk::read_partition_table(image.disk()).sector_size;
  const std::uint32_t size = std::max(counted, image.disk().sector_size());
  if (size == k_sector_size) return;
  refuse("origin.sector-size",
         fmt::format("the disk has sectors of {} bytes, and images are written here with {}", size,
                     k_sector_size),
         "give a base whose partition table counts in sectors of 512 bytes");
}

/// Two that overlap could not be written one without the other.
void require_own_sectors(const inspect::OpenedImage& image) {
  std::vector<const inspect::OpenedPartition*> partitions;
  for (const inspect::OpenedPartition& partition : image.partitions())
    partitions.push_back(&partition);
  std::ranges::sort(partitions, {}, [](const auto* each) { return each->entry.start.bytes(); });
  for (std::size_t next = 1; next < partitions.size(); ++next) {
    const disk::PartitionEntry& before = partitions[next - 1]->entry;
    if (partitions[next]->entry.start.bytes() >= before.start.bytes() + before.size.bytes())
      continue;
    throw base::Error(base::FailureKind::verification, "disk.corrupt-partition-table",
                      fmt::format("the partition table is damaged: partitions {} and {} overlap",
                                  base::quoted(partitions[next - 1]->name()),
                                  base::quoted(partitions[next]->name())),
                      "mend it with \"sgdisk\" or \"gdisk\", or copy or make the image again");
  }
}

tree::Inode inode_of(const inspect::FileRecord& record) {
  const disk::StoredFile& stored = record.stored;
  tree::Inode inode;
  inode.type = stored.type;
  inode.permissions = stored.permissions;
  inode.owner = stored.owner;
  inode.group = stored.group;
  inode.modified = stored.modified;
  inode.modified_nanoseconds = stored.modified_nanoseconds;
  inode.flags = stored.flags;
  inode.device = stored.device;
  inode.target = record.target;
  inode.attributes = record.attributes;
  if (stored.type == fs::FileType::regular) {
    inode.size = inode.stored_size = stored.size;
    inode.holes = tree::Holes::as_stored;
  }
  return inode;
}

void require_name(const std::string& path, const inspect::OpenedPartition& partition) {
  if (tree::is_plain_path(path)) return;
  refuse("origin.bad-name",
         fmt::format("partition {} has a file with a name that no program can use",
                     base::quoted(partition.name())),
         "check the filesystem with the tools of its kind");
}

/// What neither the host's kernel nor that of the image would take.
void require_possible(const std::string& path, const inspect::FileRecord& record,
                      const inspect::OpenedPartition& partition) {
  const bool has_time = record.stored.modified_nanoseconds < 1'000'000'000U;
  if (has_time && record.target.find('\0') == std::string::npos) return;
  throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                    fmt::format("the filesystem of partition {} is damaged: {} has {}",
                                base::quoted(partition.name()), base::quoted(path),
                                has_time ? "a target with a zero byte" : "an impossible time"),
                    "check it with the tools of its kind, and copy or make the image again");
}

tree::RootTree read_table(const inspect::OpenedPartition& partition,
                          const base::Cancellation& cancellation) {
  const auto files =
      inspect::list_files(*partition.files, inspect::ContentDigests::omitted, cancellation);
  tree::RootTree table;
  for (const auto& [path, record] : files) {
    require_name(path, partition);
    require_possible(path, record, partition);
    table.entries.push_back({path, 0});
  }
  std::ranges::sort(table.entries, [](const tree::Entry& left, const tree::Entry& right) {
    return tree::is_before(left.path, right.path);
  });
  std::map<std::uint64_t, std::size_t> linked;
  for (tree::Entry& entry : table.entries) {
    const inspect::FileRecord& record = files.at(entry.path);
    const bool may_have_names = record.stored.inode != 0 && record.stored.name_count > 1 &&
                                record.stored.type != fs::FileType::directory;
    if (may_have_names) {
      const auto [known, is_new] = linked.emplace(record.stored.inode, table.inodes.size());
      entry.inode = known->second;
      if (!is_new) {
        ++table.inodes[known->second].name_count;
        continue;
      }
    }
    entry.inode = table.inodes.size();
    table.inodes.push_back(inode_of(record));
  }
  return table;
}

const model::Architecture& architecture_of(const inspect::OpenedImage& image) {
  if (const auto* found = inspect::find_architecture(image)) return *found;
  refuse("origin.unknown-architecture",
         fmt::format("{} has no init and no shell of an architecture that is known here",
                     base::quoted(image.path().string())),
         "give the image of an x86_64 or aarch64 system");
}

/// The name that a profile of the base's own release would have.
std::string release_of(const inspect::OpenedImage& image) {
  const inspect::SystemView view(image);
  const std::string text =
      view.read("/etc/os-release").value_or(view.read("/usr/lib/os-release").value_or(""));
  const auto name = base::find_value(text, "ID");
  const auto version = base::find_value(text, "VERSION_ID");
  return name && version ? *name + "-" + *version : "";
}

/// How many bytes these hashes can be of.
std::uint64_t size_of_verified(const inspect::OpenedImage& image,
                               const inspect::OpenedPartition& hashes) {
  for (const inspect::OpenedPartition& data : image.partitions()) {
    if (data.entry.number != hashes.verity_of) continue;
    return &data == &hashes ? hashes.verity_offset : data.entry.size.bytes();
  }
  return 0;
}

FoundPartition partition_of(const inspect::OpenedImage& image,
                            const inspect::OpenedPartition& partition) {
  FoundPartition found{.entry = partition.entry,
                       .filesystem = {},
                       .content = {},
                       .mount_point = partition.mount_point,
                       .verity_of = partition.verity_of,
                       .verity_offset = partition.verity_offset,
                       .verity_name = partition.verity_name,
                       .verity_tree = {},
                       .verity_obstacle = {}};
  if (partition.files)
    found.filesystem = partition.files->facts();
  else
    found.content = foreign_content(*partition.bytes);
  if (!partition.verity_of) return found;
  try {
    found.verity_tree =
        disk::read_verity_tree(*partition.bytes, partition.verity_offset, partition.name());
    if (found.verity_tree->data_size <= size_of_verified(image, partition)) return found;
    found.verity_tree.reset();
    found.verity_obstacle = fmt::format(
        "the verity hashes on partition {} are of more than there is before or beside them",
        base::quoted(partition.name()));
  } catch (const base::Error& error) {
    // Whoever does not need it need not know.
    if (error.diagnostic().code != "disk.verity-unsupported") throw;
    found.verity_tree.reset();
    found.verity_obstacle = error.diagnostic().message;
  }
  return found;
}

std::vector<std::vector<disk::StoredPiece>> content_of(const disk::FilesystemReader& files,
                                                       const tree::RootTree& table) {
  std::vector<std::vector<disk::StoredPiece>> content(table.inodes.size());
  std::vector<bool> is_known(table.inodes.size());
  for (const tree::Entry& entry : table.entries) {
    if (is_known[entry.inode] || table.inodes[entry.inode].type != fs::FileType::regular) continue;
    content[entry.inode] = files.pieces_of(entry.path);
    is_known[entry.inode] = true;
  }
  return content;
}

void require_mount_point(const std::string& path, const inspect::OpenedPartition& partition) {
  if (tree::is_plain_path(path)) return;
  refuse("origin.bad-name",
         fmt::format("/etc/fstab of the base mounts partition {} at {}, which is no plain path",
                     base::quoted(partition.name()), base::quoted(path)),
         "correct the line in the base");
}

/// Links may make two lines of fstab one place.
void require_own_places(const inspect::OpenedImage& image,
                        const std::vector<FoundFilesystem>& filesystems) {
  const auto same = std::ranges::adjacent_find(filesystems, {}, &FoundFilesystem::mount_point);
  if (same == filesystems.end()) return;
  const auto name = [&](const FoundFilesystem& filesystem) {
    return base::quoted(image.partitions()[filesystem.partition].name());
  };
  refuse("origin.same-mount",
         fmt::format("/etc/fstab of the base mounts the partitions {} and {} at {}", name(*same),
                     name(*std::next(same)), base::quoted(same->mount_point)),
         "correct the lines in the base: one of them may lead there through a link");
}

std::vector<FoundFilesystem> filesystems_of(const inspect::OpenedImage& image) {
  const inspect::SystemView view(image);
  // Whoever wants to stop ends this process.
  const base::Cancellation cancellation;
  std::vector<FoundFilesystem> filesystems;
  for (std::size_t number = 0; number < image.partitions().size(); ++number) {
    const inspect::OpenedPartition& partition = image.partitions()[number];
    if (!partition.files || partition.mount_point.empty()) continue;
    FoundFilesystem& found = filesystems.emplace_back();
    found.partition = number;
    found.mount_point = view.resolve(partition.mount_point).value_or(partition.mount_point);
    require_mount_point(found.mount_point, partition);
    found.table = read_table(partition, cancellation);
    found.content = content_of(*partition.files, found.table);
    found.identity = disk::read_identity(*partition.bytes);
  }
  std::ranges::sort(filesystems, {}, &FoundFilesystem::mount_point);
  require_own_places(image, filesystems);
  return filesystems;
}

std::string take_apart(const sandbox::WorkerCall& call) {
  const image::HandedImages images(call);
  const int room = images.descriptors().empty() ? -1 : images.descriptors().front();
  const inspect::OpenedImage image(images.name(0), images.open(0));
  require_plain_sectors(image);
  require_own_sectors(image);
  require_one_system(image);
  require_mounts(image);
  require_no_raid(image);
  BaseContent content;
  content.disk = image::map_disk(image.disk(), room, images.name(0));
  content.disk_uuid = image.disk_uuid();
  content.architecture = &architecture_of(image);
  content.release = release_of(image);
  for (const inspect::OpenedPartition& partition : image.partitions())
    content.partitions.push_back(partition_of(image, partition));
  content.filesystems = filesystems_of(image);
  return encode(content);
}

} // namespace

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{
      sandbox::WorkerJob{.name = k_take_apart_job, .run = &take_apart}};
  return jobs;
}

} // namespace imagewright::origin
