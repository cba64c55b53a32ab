// SPDX-License-Identifier: MIT
#pragma once

// An image that somebody made, opened so that another one can be made from it.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/disk/verity_tree.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::origin {

/// A filesystem that the base's own fstab mounts.
struct BaseFilesystem {
  const inspect::OpenedPartition* partition = nullptr;
  std::string mount_point; ///< without links on the way: where its root stands in the whole tree
  bool is_fat = false;
  bool is_verified = false; ///< dm-verity vouches for its content
  /// The partition with the hashes, which may be its own; null: none, or not to be found.
  const inspect::OpenedPartition* hashes = nullptr;
  /// Everything in it, with paths within the filesystem; content cannot be read through it.
  tree::RootTree table;

  /// For people: "root" or "#2".
  std::string name() const { return partition->name(); }
  /// The name of its verity device, "root" or "usr"; empty where it is none of these.
  std::string verity_name() const;
  /// What its hashes say, which must be there. Throws base::Error (disk.verity-unsupported).
  disk::VerityTree verity_tree() const;
};

/// The filesystems of one operating system, in an order in which they can be mounted.
class BaseImage {
public:
  /// Reads every table. Throws base::Error for an image that cannot be taken apart, saying why:
  /// origin.no-system, origin.several-systems, origin.mount-not-found, origin.sector-size,
  /// origin.unknown-architecture, origin.bad-name, and what inspect throws.
  BaseImage(const std::filesystem::path& path, std::optional<model::ImageFormat> format,
            const base::Cancellation& cancellation);

  const inspect::OpenedImage& image() const { return *image_; }
  const std::vector<BaseFilesystem>& filesystems() const { return filesystems_; }
  const model::Architecture& architecture() const { return *architecture_; }
  /// What the partitions are, where they are mounted and which are verified, as a manifest tells
  /// it. Salts and options of verity devices are not in it.
  model::DiskLayout layout() const;
  /// SHA-256 of the disk's bytes: the same for every image format that holds them.
  base::Digest digest(const base::Cancellation& cancellation) const;
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

  FileState state_;
  std::unique_ptr<inspect::OpenedImage> image_;
  std::vector<BaseFilesystem> filesystems_;
  const model::Architecture* architecture_ = nullptr;
};

} // namespace imagewright::origin
