// SPDX-License-Identifier: MIT
#pragma once

// An image file as partitions with filesystems, opened for reading; nothing is mounted.

#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/image/image_reader.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/layout.hpp>

namespace imagewright::inspect {

/// One partition of an opened image.
struct OpenedPartition {
  disk::PartitionEntry entry;
  std::unique_ptr<disk::PartitionSource> bytes;
  std::unique_ptr<disk::FilesystemReader> files; ///< null when it holds no filesystem that is known
  std::string mount_point;                       ///< by the image's own fstab; empty: none
  /// Why the filesystem that it holds is not read, where it has what is not known here; else null.
  std::exception_ptr obstacle;
  /// Of a partition with the hashes of another one: that one's number; its own where it holds the
  /// hashes of what is before them.
  std::optional<std::uint32_t> verity_of;
  std::uint64_t verity_offset = 0; ///< where in it the superblock of the hashes is
  std::string verity_name;         ///< its fstab mounts it from /dev/mapper/NAME; empty: as it is

  /// For people and as a key: the label, or "#2" when there is none.
  std::string name() const { return entry.name(); }
  /// Whether it is called so, or its filesystem is. Identifiers have no case.
  bool has_name(model::MountIdentifier kind, const std::string& text) const;
};

/// A line of the image's fstab for which the image has no partition.
struct MissingMount {
  std::string source;
  std::string mount_point;

  bool operator==(const MissingMount&) const = default;
};

/// What is mounted by a name that several partitions have.
struct AmbiguousMount {
  std::string source;
  std::string mount_point;
  std::vector<std::string> partitions;
};

struct FstabLine;

/// An image file, its partition table and the filesystems on it.
class OpenedImage {
public:
  /// Throws base::Error (fs.cannot-read, image.…, disk.no-partition-table,
  /// disk.corrupt-partition-table, disk.corrupt-filesystem).
  explicit OpenedImage(const std::filesystem::path& path,
                       std::optional<model::ImageFormat> format = {});
  /// The same of an image whose format is understood already; `path` is its name.
  OpenedImage(std::filesystem::path path, std::unique_ptr<image::ImageReader> disk);
  /// The same of a root without a disk: all that is known is its files, as one partition.
  OpenedImage(std::filesystem::path path, std::unique_ptr<disk::FilesystemReader> files);

  const std::filesystem::path& path() const { return path_; }
  bool has_disk() const { return disk_ != nullptr; }
  /// Only where there is one.
  const image::ImageReader& disk() const { return *disk_; }
  const base::Uuid& disk_uuid() const { return disk_uuid_; }
  /// In the order of their numbers.
  const std::vector<OpenedPartition>& partitions() const { return partitions_; }
  /// Null when no filesystem holds an operating system.
  const OpenedPartition* root() const { return root_; }
  /// What is mounted from elsewhere, and so cannot be looked at.
  const std::vector<MissingMount>& missing_mounts() const { return missing_; }
  /// Which of those partitions a kernel takes is chance; here it is the first.
  const std::vector<AmbiguousMount>& ambiguous_mounts() const { return ambiguous_; }
  /// What is wrong with the image and did not keep it from being read, for people.
  const std::vector<std::string>& complaints() const { return complaints_; }

private:
  void open_partitions(const disk::PartitionTable& table);
  void open_files(OpenedPartition& partition);
  void find_root();
  void find_root_in_subvolume();
  void find_mount_points();
  void note_ambiguous(const FstabLine& line);
  void mount_subvolumes(const std::vector<FstabLine>& lines);
  void mount_discovered();
  void find_verity_pairs();
  bool has_mount(std::string_view mount_point) const;

  std::filesystem::path path_;
  std::unique_ptr<image::ImageReader> disk_;
  base::Uuid disk_uuid_;
  std::vector<OpenedPartition> partitions_;
  OpenedPartition* root_ = nullptr;
  std::vector<MissingMount> missing_;
  std::vector<AmbiguousMount> ambiguous_;
  std::vector<std::string> complaints_;
};

/// Of the system's first programs; null when the image has none of an architecture that is known.
const model::Architecture* find_architecture(const OpenedImage& image);

/// The image's files under the paths that they have once it runs. Links are followed, from one
/// filesystem into another too. A missing file is an absent value.
class SystemView {
public:
  /// `image` must outlive the view.
  explicit SystemView(const OpenedImage& image) : image_(image) {}

  bool is_mount_point(std::string_view path) const;
  /// The path with every link in it followed; nothing when it leads nowhere.
  std::optional<std::string> resolve(std::string_view path) const;
  std::optional<disk::StoredFile> find(std::string_view path) const;
  std::optional<std::string> read(std::string_view path) const;
  /// The same for a file that may be as large as `limit`.
  std::optional<std::string> read(std::string_view path, base::ByteSize limit) const;
  /// Empty when there is no such directory.
  std::vector<std::string> list(std::string_view path) const;
  /// Where the link itself, which is not followed, points.
  std::optional<std::string> link_target(std::string_view path) const;

private:
  struct Place {
    const disk::FilesystemReader* files = nullptr;
    std::string path;
  };

  std::optional<Place> place_of(std::string_view path) const;
  std::optional<Place> followed(std::string_view path) const;

  const OpenedImage& image_;
};

} // namespace imagewright::inspect
