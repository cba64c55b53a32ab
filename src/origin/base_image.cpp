// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <span>

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/origin/base_image.hpp>

#include "base_check.hpp"
#include "base_content.hpp"
#include "base_job.hpp"
#include "foreign_content.hpp"

namespace imagewright::origin {

namespace {

BaseContent ask(const image::ImageFile& file, const fs::UniqueFd& room,
                const base::Cancellation& cancellation) {
  sandbox::WorkerRequest request{.job = k_take_apart_job,
                                 .subject = "the image " + base::quoted(file.name)};
  if (room) request.descriptors.push_back(room.get());
  return sandbox::ask_worker(image::request_to_read(std::span(&file, 1), std::move(request)),
                             cancellation, &decode_base_content);
}

/// The same bytes, of which nobody can change one any more.
fs::UniqueFd for_reading(const fs::UniqueFd& file, const std::string& name) {
  fs::UniqueFd reading(
      ::open(fmt::format("/proc/self/fd/{}", file.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!reading) base::throw_system_error("fs.cannot-read", "cannot read", name, errno);
  return reading;
}

BasePartition partition_of(FoundPartition found, const fs::ByteSource& disk) {
  auto& [entry, filesystem, content, mount_point, verity_of, verity_offset, verity_name,
         verity_tree, verity_obstacle] = found;
  BasePartition partition;
  partition.bytes = std::make_unique<disk::PartitionSource>(disk, entry);
  partition.entry = std::move(entry);
  partition.filesystem = std::move(filesystem);
  partition.content = std::move(content);
  partition.mount_point = std::move(mount_point);
  partition.verity_of = verity_of;
  partition.verity_offset = verity_offset;
  partition.verity_name = std::move(verity_name);
  partition.verity_tree = std::move(verity_tree);
  partition.verity_obstacle = std::move(verity_obstacle);
  return partition;
}

const BasePartition* hashes_of(const std::vector<BasePartition>& partitions,
                               const BasePartition& partition) {
  const auto found =
      std::ranges::find(partitions, partition.entry.number, &BasePartition::verity_of);
  return found == partitions.end() ? nullptr : &*found;
}

BaseFilesystem filesystem_of(FoundFilesystem found, const std::vector<BasePartition>& partitions) {
  auto& [number, mount_point, table, content, identity] = found;
  const BasePartition& partition = partitions[number];
  const BasePartition* hashes = hashes_of(partitions, partition);
  return {.partition = &partition,
          .mount_point = std::move(mount_point),
          .is_fat = partition.filesystem->type == "vfat",
          .is_verified = hashes != nullptr || !partition.verity_name.empty(),
          .hashes = hashes,
          .table = std::move(table),
          .content = std::move(content),
          .identity = std::move(identity)};
}

} // namespace

bool BasePartition::has_name(model::MountIdentifier kind, const std::string& text) const {
  return entry.has_name(kind, text, filesystem ? std::optional(filesystem->uuid) : std::nullopt);
}

std::string BaseFilesystem::verity_name() const {
  if (!partition->verity_name.empty()) return partition->verity_name;
  if (mount_point == "/") return "root";
  return mount_point == "/usr" ? "usr" : "";
}

const disk::VerityTree& BaseFilesystem::verity_tree() const {
  IMAGEWRIGHT_ASSERT(hashes != nullptr);
  if (hashes->verity_tree) return *hashes->verity_tree;
  throw base::Error(base::FailureKind::input, "disk.verity-unsupported", hashes->verity_obstacle,
                    "leave what they vouch for as it is, or make the base with \"veritysetup "
                    "format\" and its defaults");
}

void BaseFilesystem::read_pieces(std::size_t inode, const disk::PieceSink& sink) const {
  disk::read_stored_pieces(*partition->bytes, content.at(inode), sink);
}

BaseImage::BaseImage(const std::filesystem::path& path, std::optional<model::ImageFormat> format,
                     const base::Cancellation& cancellation)
    : path_(path), state_(state_of(path)), file_(image::open_image_file(path, format)) {
  if (image::may_need_room(file_)) room_ = image::room_for_clusters();
  BaseContent content = ask(file_, room_, cancellation);
  // What was compressed is plain from here on.
  const bool was_expanded = static_cast<bool>(file_.room);
  if (was_expanded) file_.file = for_reading(std::exchange(file_.room, {}), file_.name);
  file_.format = was_expanded ? model::ImageFormat::raw : content.disk.format;
  disk_ = std::make_unique<image::MappedDisk>(std::move(content.disk), file_.file.get(),
                                              room_.get(), file_.name);
  disk_uuid_ = content.disk_uuid;
  architecture_ = content.architecture;
  release_ = std::move(content.release);
  for (FoundPartition& found : content.partitions)
    partitions_.push_back(partition_of(std::move(found), *disk_));
  for (FoundFilesystem& found : content.filesystems)
    filesystems_.push_back(filesystem_of(std::move(found), partitions_));
}

namespace {

[[noreturn]] void refuse(const std::string& code, const std::string& message,
                         const std::string& hint) {
  throw base::Error(base::FailureKind::input, code, message, hint);
}

/// Why what is on the partition cannot be given another identifier; empty: it can.
std::string fixed_reason(const std::vector<BasePartition>& partitions,
                         const BasePartition& partition) {
  if (partition.verity_of || hashes_of(partitions, partition) != nullptr ||
      !partition.verity_name.empty())
    return "takes part in dm-verity";
  if (partition.filesystem && partition.mount_point.empty())
    return "has a filesystem that the base's /etc/fstab does not mount";
  if (partition.content.empty() || partition.content == k_swap_area) return "";
  return fmt::format("holds {}", partition.content);
}

} // namespace

void BaseImage::require_renewable() const {
  for (const BasePartition& partition : partitions_) {
    const std::string reason = fixed_reason(partitions_, partition);
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
  if (state_of(path_) == state_) return;
  throw base::Error(
      base::FailureKind::host, "origin.base-changed",
      fmt::format("{} was changed while an image was made from it", base::quoted(path_.string())),
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
    const BasePartition& hashes = *filesystem.hashes;
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
  model::DiskLayout layout{.uuid = disk_uuid_, .size = base::ByteSize(disk_->size())};
  for (const BasePartition& partition : partitions_) {
    const disk::PartitionEntry& entry = partition.entry;
    model::Partition& added =
        layout.partitions.emplace_back(model::Partition{.id = partition.name(),
                                                        .label = entry.label,
                                                        .type = entry.type,
                                                        .uuid = entry.uuid,
                                                        .start = entry.start,
                                                        .size = entry.size});
    if (!partition.filesystem) continue;
    const disk::FilesystemFacts& facts = *partition.filesystem;
    const auto type = type_of(facts);
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
  if (const auto known = digests_.disk()) return *known;
  constexpr std::size_t piece_size = std::size_t{1} << 20U;
  base::Hasher hasher;
  std::vector<std::byte> buffer(piece_size);
  std::uint64_t position = 0;
  for (const image::DiskExtent& extent : disk_->data_extents()) {
    hasher.update_zeros(extent.offset - position);
    for (std::uint64_t done = 0; done < extent.length;) {
      cancellation.check();
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(piece_size, extent.length - done));
      disk_->read(extent.offset + done, piece);
      hasher.update(piece);
      done += piece.size();
    }
    position = extent.offset + extent.length;
  }
  hasher.update_zeros(disk_->size() - position);
  const base::Digest digest = hasher.finish();
  digests_.learn_disk(digest);
  return digest;
}

} // namespace imagewright::origin
