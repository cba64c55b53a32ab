// SPDX-License-Identifier: MIT
#pragma once

// Reads files from a filesystem inside an image, without mounting it and without trusting it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/base/follow_links.hpp>
#include <imagewright/fs/byte_source.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::disk {

enum class FilesystemState : std::uint8_t {
  clean,
  not_unmounted, ///< what is read is what the replay of its journal gives
};

/// What a filesystem says about itself.
struct FilesystemFacts {
  std::string type; ///< "ext4", "xfs", "btrfs", "squashfs", "vfat"
  std::string uuid; ///< as fstab writes it
  std::string label;
  base::ByteSize size;
  base::ByteSize used;
  FilesystemState state = FilesystemState::clean;

  bool operator==(const FilesystemFacts&) const = default;
};

/// A file as the filesystem stores it.
struct StoredFile {
  fs::FileType type = fs::FileType::regular;
  mode_t permissions = 0;
  uid_t owner = 0;
  gid_t group = 0;
  std::uint64_t size = 0;
  base::Epoch modified;
  std::uint32_t modified_nanoseconds = 0;
  /// Flags of ext2, ext3 and ext4 that chattr(1) sets (XFS has them elsewhere), or
  /// attributes of FAT, as they are stored.
  std::uint32_t flags = 0;
  tree::DeviceNumber device;
  std::uint64_t inode = 0; ///< 0 where the filesystem has no such number
  std::uint32_t name_count = 1;

  bool operator==(const StoredFile&) const = default;
};

/// A stretch of a file's content, and where it stands in the bytes of the filesystem.
struct StoredPiece {
  enum class Kind : std::uint8_t {
    stored, ///< from `place` on
    zeros,  ///< room that was never written
    text,   ///< nowhere as it is: `text` is all of it
  };
  Kind kind = Kind::stored;
  std::uint64_t offset = 0; ///< in the file
  std::uint64_t length = 0;
  std::uint64_t place = 0;
  std::string text = {};

  bool operator==(const StoredPiece&) const = default;
};

/// Takes the content of a file piece by piece, in order.
using PieceSink = std::function<void(std::uint64_t offset, std::span<const std::byte> bytes)>;

/// Paths are absolute. A missing file is an absent value; everything else that goes wrong throws
/// base::Error (disk.corrupt-filesystem). Links are not followed, but for `resolve`.
class FilesystemReader {
public:
  FilesystemReader() = default;
  FilesystemReader(const FilesystemReader&) = delete;
  FilesystemReader& operator=(const FilesystemReader&) = delete;
  FilesystemReader(FilesystemReader&&) = delete;
  FilesystemReader& operator=(FilesystemReader&&) = delete;
  virtual ~FilesystemReader() = default;

  virtual FilesystemFacts facts() const = 0;
  virtual std::optional<StoredFile> find(std::string_view path) const = 0;
  /// Names in a directory, sorted; nothing when there is no such directory.
  virtual std::optional<std::vector<std::string>> list(std::string_view path) const = 0;
  /// The whole of a regular file. Nothing when there is no regular file of that name. Throws also
  /// when it is larger than `limit`.
  virtual std::optional<std::string> read(std::string_view path, base::ByteSize limit) const = 0;
  /// Where the content of a regular file is, in order; what is between the pieces is a hole and
  /// reads as zeros. Every place is inside the filesystem. Nothing for what is no regular file.
  virtual std::vector<StoredPiece> pieces_of(std::string_view path) const = 0;
  /// The content itself in pieces that fit into memory; room that was never written is given as
  /// zeros.
  virtual void read_pieces(std::string_view path, const PieceSink& sink) const = 0;
  virtual std::optional<std::string> link_target(std::string_view path) const = 0;
  /// Sorted by name; empty where there are none.
  virtual std::vector<tree::ExtendedAttribute> attributes(std::string_view path) const = 0;
  /// Names of the subvolumes in the top directory of a filesystem that has such, whatever is
  /// mounted of it; sorted.
  virtual std::vector<std::string> subvolumes() const { return {}; }

  /// What base::follow_links asks of one path.
  std::optional<base::FoundName> look_up(const std::string& path) const;
  /// The path with every link in it followed, within this filesystem; nothing when it leads
  /// nowhere.
  std::optional<std::string> resolve(std::string_view path) const;
};

/// Gives the bytes of such pieces, in parts that fit into memory. `source` is what they are of.
void read_stored_pieces(const fs::ByteSource& source, std::span<const StoredPiece> pieces,
                        const PieceSink& sink);

/// A subvolume of Btrfs as a line of fstab mounts it.
struct SubvolumeMount {
  std::string mount_point; ///< within the filesystem: "/" for what everything else is below
  /// Its path from the top directory ("" is that itself), or "#5", its number; absent: the one that
  /// the filesystem says.
  std::optional<std::string> subvolume;

  bool operator==(const SubvolumeMount&) const = default;
};

/// The filesystem that the bytes hold (ext2, ext3, ext4, XFS of version 5, Btrfs, SquashFS, FAT);
/// null when it is none of these. `source` must outlive the reader. Throws base::Error
/// (disk.corrupt-filesystem, disk.feature-unsupported, disk.journal-unsupported).
std::unique_ptr<FilesystemReader> open_filesystem(const fs::ByteSource& source);

/// The files of a Btrfs filesystem with its subvolumes where they are mounted: what is mounted has
/// no other place, and what the directory under it holds is hidden. Null when there is no such
/// subvolume. Throws what open_filesystem throws.
std::unique_ptr<FilesystemReader> open_subvolumes(const fs::ByteSource& source,
                                                  std::span<const SubvolumeMount> mounts);

} // namespace imagewright::disk
