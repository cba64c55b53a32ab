// SPDX-License-Identifier: MIT
#pragma once

// The files of a base as a root that can be worked on, and what the host cannot hold of them.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include <imagewright/origin/base_image.hpp>
#include <imagewright/root/snapshot.hpp>
#include <imagewright/root/work_root.hpp>

namespace imagewright::origin {

/// What a file of the host is as long as it exists.
struct FileIdentity {
  dev_t device = 0;
  ino_t number = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

struct FileTime {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  auto operator<=>(const FileTime&) const = default;
};

/// A file of the base, as it came into the root.
struct ExtractedFile {
  std::size_t filesystem = 0; ///< of BaseImage::filesystems()
  std::size_t inode = 0;      ///< of that filesystem's table
  std::string path;           ///< its first name within the filesystem
  FileTime changed;           ///< what the host said when everything was there: ctime
  FileTime modified;          ///< likewise: mtime
  std::uint64_t size = 0;
  bool is_hollow = false; ///< its content is in the base alone
};

/// Everything that came from the base, but for what mounts hide. Changes while the root fills.
struct Extraction {
  std::map<FileIdentity, ExtractedFile> files;
  bool tells_holes = true; ///< the host says of a file without content that it has none
};

/// Whether a path of a filesystem lies below a place where another one of the base is mounted.
bool is_hidden(const BaseImage& base, std::size_t filesystem, const std::string& path);

/// Fills the root, which must be empty, with every file of the base that is not hidden by a mount,
/// and returns when nothing that happens from then on can go unnoticed. Owners, modes and times are
/// as in the base; devices and owners that the host refuses stand in the root's record; extended
/// attributes and flags are not given to the host's files. Content comes when the root is asked for
/// it (WorkRoot::expect_content); so long are `base` and what `workforce` borrows needed.
/// Throws base::Error (origin.cannot-extract, disk.corrupt-filesystem), later as well.
std::shared_ptr<const Extraction> extract(const BaseImage& base, root::WorkRoot& root,
                                          const root::Workforce& workforce);

} // namespace imagewright::origin
