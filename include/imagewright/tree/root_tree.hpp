// SPDX-License-Identifier: MIT
#pragma once

// The installed root as data: a sorted table of what an image will hold, independent of what the
// host could store.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/fs/borrowed_bytes.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/root/attributes.hpp>

namespace imagewright::tree {

using root::ExtendedAttribute;

struct DeviceNumber {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;

  bool operator==(const DeviceNumber&) const = default;
};

/// Where a file has holes of the filesystem, which read as zeros.
enum class Holes : std::uint8_t {
  allowed,   ///< long runs of zeros become holes
  forbidden, ///< nowhere: boot loaders cannot read holes
  as_stored, ///< where the host's file has them, and nowhere else
};

/// Runs of zeros that are shorter are stored: many small holes would make a file slow to read.
constexpr std::uint64_t k_smallest_hole = 64U * 1024U;

/// A text in a file's content that takes the place of as many bytes there (late_text.hpp).
struct LatePlace {
  std::uint64_t offset = 0;
  std::string name;
  std::string text;

  bool operator==(const LatePlace&) const = default;
};

/// Content of files that stands elsewhere than in the tree's host directory: in an image that they
/// came from. Called from several threads.
class DistantContent {
public:
  /// A stretch of a file that is stored; what is between two of them is a hole.
  struct Stretch {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };

  DistantContent() = default;
  DistantContent(const DistantContent&) = delete;
  DistantContent& operator=(const DistantContent&) = delete;
  DistantContent(DistantContent&&) = delete;
  DistantContent& operator=(DistantContent&&) = delete;
  virtual ~DistantContent() = default;

  /// In order. `number` is Inode::distant.
  virtual std::vector<Stretch> stretches(std::uint64_t number) const = 0;
  /// Fills the whole buffer; holes are zeros.
  virtual void read(std::uint64_t number, std::uint64_t offset,
                    std::span<std::byte> buffer) const = 0;
  /// Where in a file of the host the bytes from `offset` on stand as they are, as many of `length`
  /// as there are in one place; nothing: nowhere.
  virtual std::optional<fs::FilePlace>
  find_place(std::uint64_t /*number*/, std::uint64_t /*offset*/, std::uint64_t /*length*/) const {
    return std::nullopt;
  }
  /// SHA-256 of a whole file, which may be known without reading it.
  virtual base::Digest digest(std::uint64_t number) const = 0;
};

/// One file of any type, whatever number of names it has.
struct Inode {
  fs::FileType type = fs::FileType::regular;
  mode_t permissions = 0; ///< with setuid, setgid, sticky
  uid_t owner = 0;
  gid_t group = 0;
  base::Epoch modified;
  std::uint32_t modified_nanoseconds = 0;    ///< 0 of everything that is made here
  std::uint32_t flags = 0;                   ///< as the filesystem that it came from has them
  DeviceNumber device;                       ///< of device nodes
  std::string target;                        ///< of symbolic links
  std::vector<ExtendedAttribute> attributes; ///< sorted by name
  std::uint64_t size = 0;                    ///< of regular files
  std::uint64_t stored_size =
      0; ///< of regular files: the bytes not in holes on the host; the room needed at most
  Holes holes = Holes::allowed;
  std::string content;          ///< of regular files: the path below the tree's host directory
  std::uint32_t name_count = 1; ///< more than one: hard links
  std::vector<LatePlace> late_places; ///< of regular files
  /// Of regular files that no file of the host directory holds (`content` is empty): all of it.
  std::string text;
  /// Of regular files whose content the tree's `distant` has: which of its contents.
  std::optional<std::uint64_t> distant;

  bool operator==(const Inode&) const = default;
};

/// One name.
struct Entry {
  std::string path; ///< absolute as the image sees it; "/" is the root
  std::size_t inode = 0;

  bool operator==(const Entry&) const = default;
};

/// Orders paths as a walk does: a directory before what is in it, names of one directory by their
/// bytes.
bool is_before(std::string_view left, std::string_view right);

/// A whole tree. The first entry is "/"; every parent stands before its children (is_before).
struct RootTree {
  std::filesystem::path host_path;
  std::vector<Inode> inodes; ///< in the order of their first names
  std::vector<Entry> entries;
  std::shared_ptr<const DistantContent> distant = nullptr; ///< null: no inode has such content

  bool operator==(const RootTree&) const = default;

  /// Null when there is no such name. Links are not followed.
  const Inode* find(std::string_view path) const;
};

/// The content of one file, open. Used from one thread at a time.
class OpenContent {
public:
  OpenContent(fs::UniqueFd file, const Inode& inode);
  /// `inode` has distant content. Both are borrowed.
  OpenContent(const DistantContent& distant, const Inode& inode);

  /// Throws base::Error (fs.cannot-read) also at an early end.
  void read(std::uint64_t offset, std::span<std::byte> buffer) const;
  /// Calls `visit` for each stretch that is stored, in order; what is between them is a hole.
  void for_each_stretch(
      const std::function<void(std::uint64_t offset, std::uint64_t length)>& visit) const;
  /// As DistantContent::find_place. Nothing of a file that is closed with this.
  std::optional<fs::FilePlace> find_place(std::uint64_t offset, std::uint64_t length) const;
  /// The host's file; -1: there is none.
  int file() const { return file_.get(); }

private:
  fs::UniqueFd file_;
  const DistantContent* distant_ = nullptr;
  const Inode& inode_;
};

/// Opens the content of a tree's files.
class ContentReader {
public:
  /// Nothing of the tree is borrowed. Throws base::Error (tree.cannot-read).
  explicit ContentReader(const RootTree& tree);

  /// Opens a regular file for reading, never through a link and never outside the tree's host
  /// directory. A file with late places is given as a copy that has their texts, one that is a text
  /// or stands elsewhere as a copy. Throws base::Error
  /// (tree.cannot-read), also when the file is no longer as long as the table says.
  fs::UniqueFd open(const Inode& inode) const;
  /// The same without a copy of what stands elsewhere. `inode` is borrowed.
  OpenContent open_content(const Inode& inode) const;
  /// Of a file whose content stands elsewhere, as open_content() would give it; nothing of others.
  std::optional<base::Digest> distant_digest(const Inode& inode) const;

private:
  fs::UniqueFd open_on_host(const Inode& inode) const;
  bool is_distant(const Inode& inode) const;

  std::filesystem::path host_path_;
  fs::UniqueFd root_;
  std::shared_ptr<const DistantContent> distant_;
};

} // namespace imagewright::tree
