// SPDX-License-Identifier: MIT
#pragma once

// An image that somebody made, opened so that another one can be made from it.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/disk/filesystem_reader.hpp>
#include <imagewright/disk/partition_table.hpp>
#include <imagewright/disk/verity_tree.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/image/mapped_disk.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/origin/base_digests.hpp>
#include <imagewright/sandbox/worker.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::origin {

/// A partition of the base. What is said of it a worker has found and was checked.
struct BasePartition {
  disk::PartitionEntry entry;
  std::unique_ptr<disk::PartitionSource> bytes;
  std::optional<disk::FilesystemFacts> filesystem; ///< absent when it holds none that is known
  std::string content;                             ///< what else it holds, for people; or empty
  std::string mount_point;                         ///< by the image's own fstab; empty: none
  /// Of a partition with the hashes of another one: that one's number; its own where it holds the
  /// hashes of what is before them.
  std::optional<std::uint32_t> verity_of;
  std::uint64_t verity_offset = 0; ///< where in it the superblock of the hashes is
  std::string verity_name;         ///< its fstab mounts it from /dev/mapper/NAME; empty: as it is
  /// What the hashes in it say; what is wrong with them, for disk.verity-unsupported, where that
  /// cannot be used.
  std::optional<disk::VerityTree> verity_tree;
  std::string verity_obstacle;

  /// For people and as a key: the label, or "#2" when there is none.
  std::string name() const { return entry.name(); }
  /// Whether it is called so, or its filesystem is. Identifiers have no case.
  bool has_name(model::MountIdentifier kind, const std::string& text) const;
};

/// A filesystem that the base's own fstab mounts.
struct BaseFilesystem {
  const BasePartition* partition = nullptr;
  std::string mount_point; ///< without links on the way: where its root stands in the whole tree
  bool is_fat = false;
  bool is_verified = false; ///< dm-verity vouches for its content
  /// The partition with the hashes, which may be its own; null: none, or not to be found.
  const BasePartition* hashes = nullptr;
  /// Everything in it, with paths within the filesystem; content cannot be read through it.
  tree::RootTree table;
  /// By inode of the table: where the content of files is on the partition.
  std::vector<std::vector<disk::StoredPiece>> content;
  std::string identity; ///< for disk::plan_rewrite

  /// For people: "root" or "#2".
  std::string name() const { return partition->name(); }
  /// The name of its verity device, "root" or "usr"; empty where it is none of these.
  std::string verity_name() const;
  /// What its hashes say, which must be there. Throws base::Error (disk.verity-unsupported).
  const disk::VerityTree& verity_tree() const;
  /// The content of a regular file in pieces that fit into memory, in order; what is between them
  /// is a hole.
  void read_pieces(std::size_t inode, const disk::PieceSink& sink) const;
};

/// The filesystems of one operating system, in an order in which they can be mounted.
class BaseImage {
public:
  /// A worker reads every table; here are only its findings, and bytes that they point at. Throws
  /// base::Error for an image that cannot be taken apart, saying why: origin.no-system,
  /// origin.several-systems, origin.mount-not-found, origin.sector-size,
  /// origin.unknown-architecture, origin.bad-name, what inspect throws, and sandbox.worker-….
  BaseImage(const std::filesystem::path& path, std::optional<model::ImageFormat> format,
            const base::Cancellation& cancellation);

  const std::filesystem::path& path() const { return path_; }
  /// For workers: the file, or what a compressed one was expanded to.
  const image::ImageFile& file() const { return file_; }
  const image::MappedDisk& disk() const { return *disk_; }
  const base::Uuid& disk_uuid() const { return disk_uuid_; }
  /// In the order of their numbers.
  const std::vector<BasePartition>& partitions() const { return partitions_; }
  /// ID and VERSION_ID of its os-release with a hyphen between; empty: it does not say both.
  const std::string& release() const { return release_; }
  const std::vector<BaseFilesystem>& filesystems() const { return filesystems_; }
  const model::Architecture& architecture() const { return *architecture_; }
  /// What the partitions are, where they are mounted and which are verified, as a manifest tells
  /// it. Salts and options of verity devices are not in it.
  model::DiskLayout layout() const;
  /// SHA-256 of the disk's bytes: the same for every image format that holds them. Made once.
  base::Digest digest(const base::Cancellation& cancellation) const;
  /// What is known of its content, for whoever finds it out.
  BaseDigests& digests() const { return digests_; }
  /// Throws base::Error (origin.fixed-identifiers) when not everything on the disk can be given
  /// another identifier.
  void require_renewable() const;
  /// Throws base::Error (origin.base-changed) when the file is not the one any more that was
  /// opened.
  void require_unchanged() const;

private:
  struct FileState {
    std::uint64_t device = 0;
    std::uint64_t number = 0;
    std::uint64_t size = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    bool operator==(const FileState&) const = default;
  };
  static FileState state_of(const std::filesystem::path& path);

  std::filesystem::path path_;
  FileState state_;
  image::ImageFile file_;
  fs::UniqueFd room_; ///< what the file does not hold as it is
  std::unique_ptr<image::MappedDisk> disk_;
  base::Uuid disk_uuid_;
  std::string release_;
  std::vector<BasePartition> partitions_;
  std::vector<BaseFilesystem> filesystems_;
  const model::Architecture* architecture_ = nullptr;
  mutable BaseDigests digests_;
};

/// What takes images apart.
std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::origin
