// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <span>

#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/inspect/file_record.hpp>
#include <imagewright/model/elf_machine.hpp>
#include <imagewright/model/filesystem_type.hpp>
#include <imagewright/origin/base_image.hpp>

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
    if (content.empty()) continue;
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
           "give the disk image of a whole system, on ext2, ext3 or ext4");
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
  for (const inspect::MissingMount& mount : image.missing_mounts()) {
    if (is_of_the_machine(mount)) continue;
    refuse("origin.mount-not-found",
           with_foreign(image, fmt::format("/etc/fstab of the base mounts {} at {}, and the disk "
                                           "has no filesystem of that name that can be read",
                                           base::quoted(mount.source), mount.mount_point)),
           "correct the line in the base, or make the base with ext4 or FAT there");
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
  if (path.find('\0') == std::string::npos) return;
  refuse("origin.bad-name",
         fmt::format("partition {} has a file with a name that no program can use",
                     base::quoted(partition.name())),
         "check the filesystem with the tools of its kind");
}

tree::RootTree read_table(const inspect::OpenedPartition& partition,
                          const base::Cancellation& cancellation) {
  const auto files =
      inspect::list_files(*partition.files, inspect::ContentDigests::omitted, cancellation);
  tree::RootTree table;
  for (const auto& [path, record] : files) {
    require_name(path, partition);
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

const inspect::OpenedPartition* hashes_of(const inspect::OpenedImage& image,
                                          const inspect::OpenedPartition& partition) {
  for (const inspect::OpenedPartition& other : image.partitions()) {
    if (other.verity_of == partition.entry.number) return &other;
  }
  return nullptr;
}

std::vector<BaseFilesystem> read_filesystems(const inspect::OpenedImage& image,
                                             const base::Cancellation& cancellation) {
  const inspect::SystemView view(image);
  std::vector<BaseFilesystem> filesystems;
  for (const inspect::OpenedPartition& partition : image.partitions()) {
    if (!partition.files || partition.mount_point.empty()) continue;
    const inspect::OpenedPartition* hashes = hashes_of(image, partition);
    filesystems.push_back(
        {.partition = &partition,
         .mount_point = view.resolve(partition.mount_point).value_or(partition.mount_point),
         .is_fat = partition.files->facts().type == "vfat",
         .is_verified = hashes != nullptr || !partition.verity_name.empty(),
         .hashes = hashes,
         .table = read_table(partition, cancellation)});
  }
  std::ranges::sort(filesystems, {}, &BaseFilesystem::mount_point);
  return filesystems;
}

/// ELF specification, "ELF header": e_machine is at 18; ours are little endian.
const model::Architecture* architecture_of_program(std::string_view program) {
  if (program.size() < 20 || !program.starts_with("\x7f"
                                                  "ELF"))
    return nullptr;
  const auto number =
      base::little_endian::get<std::uint16_t>(std::as_bytes(std::span(program)), 18);
  return model::find_elf_machine(number);
}

const model::Architecture& find_architecture(const inspect::OpenedImage& image) {
  const inspect::SystemView view(image);
  for (const char* path : {"/usr/lib/systemd/systemd", "/sbin/init", "/bin/sh", "/usr/bin/env"}) {
    const auto program = view.read(path);
    if (!program) continue;
    if (const auto* found = architecture_of_program(*program)) return *found;
  }
  refuse("origin.unknown-architecture",
         fmt::format("{} has no init and no shell of an architecture that is known here",
                     base::quoted(image.path().string())),
         "give the image of an x86_64 or aarch64 system");
}

} // namespace

std::string BaseFilesystem::verity_name() const {
  if (!partition->verity_name.empty()) return partition->verity_name;
  if (mount_point == "/") return "root";
  return mount_point == "/usr" ? "usr" : "";
}

disk::VerityTree BaseFilesystem::verity_tree() const {
  IMAGEWRIGHT_ASSERT(hashes != nullptr);
  return disk::read_verity_tree(*hashes->bytes, hashes->verity_offset, hashes->name());
}

BaseImage::BaseImage(const std::filesystem::path& path, std::optional<model::ImageFormat> format,
                     const base::Cancellation& cancellation)
    : state_(state_of(path)), image_(std::make_unique<inspect::OpenedImage>(path, format)) {
  require_plain_sectors(*image_);
  require_one_system(*image_);
  require_mounts(*image_);
  architecture_ = &find_architecture(*image_);
  filesystems_ = read_filesystems(*image_, cancellation);
}

namespace {

/// Why what is on the partition cannot be given another identifier; empty: it can.
std::string fixed_reason(const inspect::OpenedImage& image,
                         const inspect::OpenedPartition& partition) {
  if (partition.verity_of || hashes_of(image, partition) != nullptr ||
      !partition.verity_name.empty())
    return "takes part in dm-verity";
  if (partition.files && partition.mount_point.empty())
    return "has a filesystem that the base's /etc/fstab does not mount";
  const std::string_view foreign = partition.files ? "" : foreign_content(*partition.bytes);
  return foreign.empty() ? "" : fmt::format("holds {}", foreign);
}

} // namespace

void BaseImage::require_renewable() const {
  for (const inspect::OpenedPartition& partition : image_->partitions()) {
    const std::string reason = fixed_reason(*image_, partition);
    if (reason.empty()) continue;
    refuse("origin.fixed-identifiers",
           fmt::format("partition {} cannot be given new identifiers: it {}",
                       base::quoted(partition.name()), reason),
           "describe a new disk with storage.disks, or remove storage.resetPartitionsUuidsType");
  }
}

BaseImage::FileState BaseImage::state_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    base::throw_system_error("fs.cannot-read", "cannot examine", path.string(), errno);
  return {.device = status.st_dev,
          .number = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .seconds = status.st_mtim.tv_sec,
          .nanoseconds = status.st_mtim.tv_nsec};
}

void BaseImage::require_unchanged() const {
  if (state_of(image_->path()) == state_) return;
  throw base::Error(base::FailureKind::host, "origin.base-changed",
                    fmt::format("{} was changed while an image was made from it",
                                base::quoted(image_->path().string())),
                    "let nothing write to it, and customize again");
}

namespace {

/// Of FAT the first four bytes are the volume's number.
base::Uuid uuid_of(const disk::FilesystemFacts& facts) {
  if (const auto uuid = base::Uuid::parse(facts.uuid)) return *uuid;
  base::Uuid serial{};
  std::string digits;
  for (const char c : facts.uuid) {
    if (c != '-') digits += c;
  }
  std::uint32_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  for (std::size_t index = 0; index < 4; ++index)
    serial.bytes[index] = static_cast<std::uint8_t>(number >> (24U - 8U * index));
  return serial;
}

void add_verity(const std::vector<BaseFilesystem>& filesystems, model::DiskLayout& layout) {
  for (const BaseFilesystem& filesystem : filesystems) {
    const std::string name = filesystem.verity_name();
    if (filesystem.hashes == nullptr || name.empty()) continue;
    const inspect::OpenedPartition& hashes = *filesystem.hashes;
    layout.verity.push_back(
        {.name = name,
         .data_partition = filesystem.name(),
         .hash_partition = hashes.name(),
         .uuid = disk::verity_superblock_uuid(*hashes.bytes, hashes.verity_offset),
         .salt = {},
         .options = {}});
    for (model::Partition& partition : layout.partitions) {
      if (partition.uuid == filesystem.partition->entry.uuid && partition.filesystem)
        partition.filesystem->verity_name = name;
    }
  }
}

} // namespace

model::DiskLayout BaseImage::layout() const {
  model::DiskLayout layout{.uuid = image_->disk_uuid(),
                           .size = base::ByteSize(image_->disk().size())};
  for (const inspect::OpenedPartition& partition : image_->partitions()) {
    const disk::PartitionEntry& entry = partition.entry;
    model::Partition& added =
        layout.partitions.emplace_back(model::Partition{.id = partition.name(),
                                                        .label = entry.label,
                                                        .type = entry.type,
                                                        .uuid = entry.uuid,
                                                        .start = entry.start,
                                                        .size = entry.size});
    if (!partition.files) continue;
    const disk::FilesystemFacts facts = partition.files->facts();
    // The readers name what they read as mount(8) does; ext2 and ext3 are ext4 with less in it.
    const auto type = model::find_mount_type(facts.type.starts_with("ext") ? "ext4" : facts.type);
    IMAGEWRIGHT_ASSERT(type);
    added.filesystem = {.type = *type,
                        .uuid = uuid_of(facts),
                        .label = facts.label,
                        .mount_point = partition.mount_point};
  }
  std::ranges::sort(layout.partitions, {}, [](const auto& each) { return each.start.bytes(); });
  add_verity(filesystems_, layout);
  return layout;
}

base::Digest BaseImage::digest(const base::Cancellation& cancellation) const {
  constexpr std::size_t piece_size = std::size_t{1} << 20U;
  const image::ImageReader& disk = image_->disk();
  base::Hasher hasher;
  base::Bytes buffer(piece_size);
  std::uint64_t position = 0;
  for (const image::DiskExtent& extent : disk.data_extents()) {
    hasher.update_zeros(extent.offset - position);
    for (std::uint64_t done = 0; done < extent.length;) {
      cancellation.check();
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(piece_size, extent.length - done));
      disk.read(extent.offset + done, piece);
      hasher.update(piece);
      done += piece.size();
    }
    position = extent.offset + extent.length;
  }
  hasher.update_zeros(disk.size() - position);
  return hasher.finish();
}

} // namespace imagewright::origin
