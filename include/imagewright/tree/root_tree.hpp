// SPDX-License-Identifier: MIT
#pragma once

// The installed root as data: a sorted table of what an image will hold, independent of what the
// host could store.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/epoch.hpp>
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

  bool operator==(const RootTree&) const = default;

  /// Null when there is no such name. Links are not followed.
  const Inode* find(std::string_view path) const;
};

/// Opens the content of a tree's files.
class ContentReader {
public:
  /// `host_path` is the tree's. Throws base::Error (tree.cannot-read).
  explicit ContentReader(std::filesystem::path host_path);

  /// Opens a regular file for reading, never through a link and never outside the tree's host
  /// directory. A file with late places is given as a copy that has their texts, one that is a text
  /// as that. Throws base::Error
  /// (tree.cannot-read), also when the file is no longer as long as the table says.
  fs::UniqueFd open(const Inode& inode) const;

private:
  std::filesystem::path host_path_;
  fs::UniqueFd root_;
};

} // namespace imagewright::tree
