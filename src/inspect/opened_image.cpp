// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/verity_tree.hpp>
#include <imagewright/inspect/fstab.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/partition_type.hpp>

#include "integers.hpp"
#include "limits.hpp"

namespace imagewright::inspect {

namespace {

constexpr std::array k_os_release = {"/usr/lib/os-release", "/etc/os-release"};
/// fstab's words for what is no filesystem of a disk.
constexpr std::array k_other_types = {"tmpfs",   "proc",    "sysfs",      "devpts",  "devtmpfs",
                                      "overlay", "none",    "swap",       "nfs",     "nfs4",
                                      "cifs",    "bind",    "hugetlbfs",  "debugfs", "efivarfs",
                                      "cgroup",  "cgroup2", "securityfs", "9p",      "virtiofs"};

/// What is on the partition may be known by its place alone.
bool is_named_by(const MountName& name, const OpenedPartition& partition) {
  using Kind = MountName::Kind;
  switch (name.kind) {
  case Kind::uuid:
    return partition.has_name(model::MountIdentifier::uuid, name.value);
  case Kind::label:
    return partition.files && name.value == partition.files->facts().label;
  case Kind::part_uuid:
    return partition.has_name(model::MountIdentifier::part_uuid, name.value);
  case Kind::part_label:
    return partition.has_name(model::MountIdentifier::part_label, name.value);
  case Kind::number:
    return name.value == fmt::format("{}", partition.entry.number);
  case Kind::verity:
  case Kind::other:
    break;
  }
  return false;
}

bool is_on_disk(const FstabLine& line) {
  const bool is_other = std::ranges::find(k_other_types, line.type) != k_other_types.end();
  const bool is_bind = line.source.starts_with('/') && !line.source.starts_with("/dev/");
  return !is_other && !is_bind;
}

std::vector<FstabLine> fstab_of(const disk::FilesystemReader& root) {
  const auto path = root.resolve("/etc/fstab");
  const auto text = path ? root.read(*path, k_largest_text) : std::nullopt;
  return parse_fstab(text.value_or(""));
}

bool is_empty_directory(const disk::FilesystemReader& files, std::string_view path) {
  const auto names = files.list(path);
  return names && names->empty();
}

/// Whether that many blocks are the whole of it, or its filesystem and something more.
bool is_about(const OpenedPartition& data, std::uint64_t block_count, std::uint64_t block_size) {
  const std::uint64_t room = data.entry.size.bytes() / block_size;
  if (!data.files || block_count >= room) return block_count == room;
  return block_count >= data.files->facts().size.bytes() / block_size;
}

/// Is it a root of any architecture, or its /usr, by the Discoverable Partitions Specification?
bool is_type(const OpenedPartition& partition, base::Uuid model::PartitionTypes::*type) {
  return std::ranges::any_of(model::all_architectures(), [&](const auto& architecture) {
    return partition.entry.type == architecture.partition_types.*type;
  });
}

/// How well the data of hashes fit them beside their size, which others may have too. Negative: not
/// at all.
int likeness(const OpenedPartition& data, const OpenedPartition& hashes) {
  using model::PartitionTypes;
  const bool is_of_root = is_type(hashes, &PartitionTypes::root_verity);
  const bool is_of_usr = is_type(hashes, &PartitionTypes::usr_verity);
  const bool is_root = is_type(data, &PartitionTypes::root) || data.verity_name == "root";
  const bool is_usr = is_type(data, &PartitionTypes::usr) || data.verity_name == "usr";
  if ((is_of_root && is_usr) || (is_of_usr && is_root)) return -1;
  const bool is_named = !data.verity_name.empty();
  const bool is_typed = (is_of_root && is_root) || (is_of_usr && is_usr);
  return (is_named ? 2 : 0) + (is_typed ? 1 : 0);
}

} // namespace

bool OpenedPartition::has_name(model::MountIdentifier kind, const std::string& text) const {
  return entry.has_name(kind, text, files ? std::optional(files->facts().uuid) : std::nullopt);
}

OpenedImage::OpenedImage(const std::filesystem::path& path,
                         std::optional<model::ImageFormat> format)
    : OpenedImage(path, image::open_image(path, format)) {}

OpenedImage::OpenedImage(std::filesystem::path path, std::unique_ptr<image::ImageReader> disk)
    : path_(std::move(path)), disk_(std::move(disk)) {
  const disk::PartitionTable table = disk::read_partition_table(*disk_);
  disk_uuid_ = table.disk_uuid;
  if (!table.complaint.empty()) {
    complaints_.push_back(fmt::format(
        "the partition table at the start of the disk is damaged ({}); its backup was read",
        table.complaint));
  }
  open_partitions(table);
  find_root();
  if (root_ == nullptr) find_root_in_subvolume();
  if (root_ == nullptr) {
    // The system may be where nothing could be read.
    for (const OpenedPartition& partition : partitions_) {
      if (partition.obstacle) std::rethrow_exception(partition.obstacle);
    }
  }
  if (root_ != nullptr) {
    find_mount_points();
    mount_discovered();
  }
  find_verity_pairs();
}

OpenedImage::OpenedImage(std::filesystem::path path, std::unique_ptr<disk::FilesystemReader> files)
    : path_(std::move(path)) {
  OpenedPartition partition{.entry = {},
                            .bytes = nullptr,
                            .files = std::move(files),
                            .mount_point = {},
                            .obstacle = {},
                            .verity_of = {},
                            .verity_name = {}};
  partitions_.push_back(std::move(partition));
  find_root();
}

/// Where nobody mounts it, what a filesystem has that is not known here is nobody's business.
void OpenedImage::open_files(OpenedPartition& partition) {
  try {
    partition.files = disk::open_filesystem(*partition.bytes);
  } catch (const base::Error& error) {
    const std::string& code = error.diagnostic().code;
    if (code != "disk.feature-unsupported" && code != "disk.journal-unsupported") throw;
    partition.obstacle = std::current_exception();
    complaints_.push_back(fmt::format("partition {} is not read: {}", partition.entry.number,
                                      error.diagnostic().message));
  }
}

void OpenedImage::open_partitions(const disk::PartitionTable& table) {
  for (const disk::PartitionEntry& entry : table.partitions) {
    OpenedPartition partition{.entry = entry,
                              .bytes = std::make_unique<disk::PartitionSource>(*disk_, entry),
                              .files = nullptr,
                              .mount_point = {},
                              .obstacle = {},
                              .verity_of = {},
                              .verity_name = {}};
    open_files(partition);
    if (partition.files && partition.files->facts().state == disk::FilesystemState::not_unmounted) {
      complaints_.push_back(
          fmt::format("the filesystem of partition {} was not unmounted; what is said here is what "
                      "the replay of its journal gives",
                      entry.number));
    }
    partitions_.push_back(std::move(partition));
  }
}

/// The root is where the system's files are, or, when its /usr is elsewhere, what its own fstab
/// calls so, or what has the directories of one.
void OpenedImage::find_root() {
  const auto has_system = [](const OpenedPartition& partition) {
    const auto& files = *partition.files;
    return files.find("/etc").has_value() && std::ranges::any_of(k_os_release, [&](auto file) {
             return files.resolve(file).has_value();
           });
  };
  const auto has_table = [](const OpenedPartition& partition) {
    return partition.files->find("/etc/fstab").has_value();
  };
  const auto has_directories = [](const OpenedPartition& partition) {
    const auto& files = *partition.files;
    return files.find("/etc").has_value() && files.find("/usr").has_value() &&
           files.find("/var").has_value();
  };
  const auto take_first = [this](const auto& is_root) {
    for (OpenedPartition& partition : partitions_) {
      if (root_ != nullptr || !partition.files || !is_root(partition)) continue;
      root_ = &partition;
      partition.mount_point = "/";
    }
  };
  take_first(has_system);
  take_first(has_table);
  take_first(has_directories);
}

/// Where the filesystem does not say which of its subvolumes is the root, the root does so itself:
/// its fstab mounts it by its name.
void OpenedImage::find_root_in_subvolume() {
  for (OpenedPartition& partition : partitions_) {
    if (!partition.files) continue;
    for (const std::string& name : partition.files->subvolumes()) {
      const disk::SubvolumeMount mount{.mount_point = "/", .subvolume = name};
      auto files = disk::open_subvolumes(*partition.bytes, std::span(&mount, 1));
      const bool is_root =
          files && std::ranges::any_of(fstab_of(*files), [&](const FstabLine& line) {
            return line.mount_point == "/" && is_on_disk(line) &&
                   is_named_by(parse_source(line.source), partition) &&
                   subvolume_of(line.options) == name;
          });
      if (!is_root) continue;
      partition.files = std::move(files);
      partition.mount_point = "/";
      root_ = &partition;
      return;
    }
  }
}

/// The root has all of its subvolumes where fstab mounts them; another filesystem can be mounted
/// once.
void OpenedImage::mount_subvolumes(const std::vector<FstabLine>& lines) {
  for (OpenedPartition& partition : partitions_) {
    if (!partition.files || partition.files->facts().type != "btrfs") continue;
    std::vector<disk::SubvolumeMount> mounts;
    const FstabLine* first = nullptr;
    for (const FstabLine& line : lines) {
      const MountName name = parse_source(line.source);
      if (!is_on_disk(line) || !is_named_by(name, partition)) continue;
      const bool is_root = &partition == root_;
      if (!is_root && first != nullptr) {
        missing_.push_back({line.source + " (" + line.options + ")", line.mount_point});
        continue;
      }
      if (first == nullptr) first = &line;
      mounts.push_back({.mount_point = is_root ? line.mount_point : "/",
                        .subvolume = subvolume_of(line.options)});
    }
    const bool is_plain = std::ranges::all_of(
        mounts, [](const auto& each) { return each.mount_point == "/" && !each.subvolume; });
    if (is_plain) continue;
    if (auto files = disk::open_subvolumes(*partition.bytes, mounts)) {
      partition.files = std::move(files);
      continue;
    }
    complaints_.push_back(fmt::format(
        "/etc/fstab mounts a subvolume of partition {} that is not there", partition.entry.number));
    missing_.push_back({first->source + " (" + first->options + ")", first->mount_point});
  }
}

bool OpenedImage::has_mount(std::string_view mount_point) const {
  return std::ranges::any_of(partitions_, [&](const OpenedPartition& partition) {
    return partition.mount_point == mount_point;
  });
}

/// Copies of a filesystem have its names too, as those of the second system of an A/B disk.
void OpenedImage::note_ambiguous(const FstabLine& line) {
  const MountName name = parse_source(line.source);
  std::vector<std::string> named;
  for (const OpenedPartition& partition : partitions_) {
    if (partition.files && is_named_by(name, partition))
      named.push_back(fmt::format("{} ({})", partition.entry.number, partition.name()));
  }
  if (named.size() < 2) return;
  complaints_.push_back(
      fmt::format("/etc/fstab mounts {} at {}, and the partitions {} have that name",
                  base::quoted(line.source), line.mount_point, base::join(named, " and ")));
  ambiguous_.push_back({line.source, line.mount_point, std::move(named)});
}

void OpenedImage::find_mount_points() {
  const std::vector<FstabLine> lines = fstab_of(*root_->files);
  for (const FstabLine& line : lines) {
    if (!is_on_disk(line)) continue;
    note_ambiguous(line);
    const MountName name = parse_source(line.source);
    bool is_known = line.mount_point == "/" || name.kind == MountName::Kind::verity;
    for (OpenedPartition& partition : partitions_) {
      if (partition.obstacle && is_named_by(name, partition))
        std::rethrow_exception(partition.obstacle);
      if (!partition.files || !is_named_by(name, partition)) continue;
      is_known = true;
      if (partition.mount_point.empty() && !has_mount(line.mount_point))
        partition.mount_point = line.mount_point;
    }
    if (name.kind == MountName::Kind::verity && line.mount_point == "/")
      root_->verity_name = name.value;
    const bool is_usr = name.kind == MountName::Kind::verity && line.mount_point != "/";
    for (OpenedPartition& partition : partitions_) {
      const bool fits = is_usr && partition.files && partition.mount_point.empty() &&
                        is_type(partition, &model::PartitionTypes::usr);
      if (!fits || has_mount(line.mount_point)) continue;
      partition.mount_point = line.mount_point;
      partition.verity_name = name.value;
    }
    if (is_known) continue;
    // It may be the name of what could not be read.
    for (const OpenedPartition& partition : partitions_) {
      const bool is_inside =
          name.kind == MountName::Kind::uuid || name.kind == MountName::Kind::label;
      if (partition.obstacle && is_inside) std::rethrow_exception(partition.obstacle);
    }
    missing_.push_back({line.source, line.mount_point});
  }
  mount_subvolumes(lines);
}

/// What systemd-gpt-auto-generator(8) mounts without a line in fstab, where there is room for it.
void OpenedImage::mount_discovered() {
  const auto& root = *root_->files;
  const auto place = [&](OpenedPartition& partition, std::initializer_list<const char*> paths) {
    for (const char* path : paths) {
      if (has_mount(path) || !is_empty_directory(root, path)) continue;
      partition.mount_point = path;
      return;
    }
  };
  using model::PartitionKind;
  const model::Architecture& any = model::all_architectures().front();
  const auto is_kind = [&](const OpenedPartition& partition, PartitionKind kind) {
    return partition.entry.type == model::partition_type(kind, any);
  };
  const bool has_esp = std::ranges::any_of(partitions_, [&](const OpenedPartition& partition) {
    return is_kind(partition, PartitionKind::esp) && !partition.mount_point.empty();
  });
  for (OpenedPartition& partition : partitions_) {
    if (!partition.files || !partition.mount_point.empty()) continue;
    if (is_type(partition, &model::PartitionTypes::usr)) place(partition, {"/usr"});
    if (is_kind(partition, PartitionKind::home)) place(partition, {"/home"});
    if (is_kind(partition, PartitionKind::srv)) place(partition, {"/srv"});
    if (is_kind(partition, PartitionKind::xbootldr)) place(partition, {"/boot"});
    if (is_kind(partition, PartitionKind::esp) && !has_esp)
      place(partition, {"/efi", "/boot/efi", "/boot"});
  }
}

/// Linux documentation, admin-guide/device-mapper/verity.rst: the superblock says how many blocks
/// are verified.
void OpenedImage::find_verity_pairs() {
  for (OpenedPartition& partition : partitions_) {
    if (!partition.files) continue;
    // Behind the data, where these end.
    const std::uint64_t end = partition.files->facts().size.bytes();
    if (!disk::has_verity_superblock(*partition.bytes, end)) continue;
    partition.verity_of = partition.entry.number;
    partition.verity_offset = end;
  }
  for (OpenedPartition& hashes : partitions_) {
    if (hashes.files || !disk::has_verity_superblock(*hashes.bytes, 0)) continue;
    std::string super(512, '\0');
    hashes.bytes->read(0, std::as_writable_bytes(std::span(super)));
    const std::uint64_t block_size = little_endian(super, 64, 4);
    const std::uint64_t block_count = little_endian(super, 72, 8);
    OpenedPartition* found = nullptr;
    for (OpenedPartition& data : partitions_) {
      if (&data == &hashes || data.verity_of || block_size == 0) continue;
      if (!is_about(data, block_count, block_size)) continue;
      if (found == nullptr || likeness(data, hashes) > likeness(*found, hashes)) found = &data;
    }
    if (found != nullptr && likeness(*found, hashes) >= 0) hashes.verity_of = found->entry.number;
  }
}

} // namespace imagewright::inspect
