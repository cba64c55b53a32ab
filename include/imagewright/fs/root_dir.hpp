// SPDX-License-Identifier: MIT
#pragma once

// Files below one directory and never outside it, whatever links are in there.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

#include <imagewright/fs/file.hpp>
#include <imagewright/fs/file_type.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

/// What stands at a path.
struct FileStatus {
  FileType type = FileType::regular;
  mode_t permissions = 0; ///< with setuid, setgid, sticky
  uid_t owner = 0;
  gid_t group = 0;
  std::uint64_t size = 0;

  bool operator==(const FileStatus&) const = default;
};

/// Knows what a root's files stand for where they do not say it themselves. Paths are real ones: no
/// part of them is a link.
class NameKeeper {
public:
  NameKeeper() = default;
  NameKeeper(const NameKeeper&) = delete;
  NameKeeper& operator=(const NameKeeper&) = delete;
  NameKeeper(NameKeeper&&) = delete;
  NameKeeper& operator=(NameKeeper&&) = delete;
  virtual ~NameKeeper() = default;

  /// What the empty file of this name is in the image; nothing when it is just that.
  virtual std::optional<FileType> find_stand_in(const std::string& path) const = 0;
  /// This name, and every one below it, does not stand for what it did any more.
  virtual void forget(const std::string& path) const = 0;
  /// Somebody is about to open the content of the regular file that `name`, opened with O_PATH,
  /// means: it has to be there.
  virtual void require_content(const UniqueFd& name) const = 0;
};

enum class FileAccess : std::uint8_t { reading, changing };

/// A directory that acts as "/": absolute links and ".." are resolved inside it (openat2 with
/// RESOLVE_IN_ROOT). Nothing but regular files and directories is ever opened: a device or a FIFO
/// that a package left in the place of a file is an error. Paths are given as the image sees them,
/// with or without a leading "/". All failures throw base::Error (fs.root-…).
class RootDir {
public:
  /// Opens an existing directory. `keeper` is borrowed; none: files are what they are.
  explicit RootDir(std::filesystem::path host_path, const NameKeeper* keeper = nullptr);

  const std::filesystem::path& host_path() const { return host_path_; }
  int fd() const { return fd_.get(); }

  /// Follows links in every part but the last: tells about a link itself. Nothing when it does not
  /// exist.
  std::optional<FileStatus> find_status(std::string_view path) const;
  /// Of the file that a path means: follows links, also in the last part.
  std::optional<FileStatus> find_target_status(std::string_view path) const;
  /// Follows links, also in the last part.
  bool exists(std::string_view path) const;
  /// The content of a regular file, following links; nothing when it does not exist. Throws when
  /// larger than 64 MiB.
  std::optional<std::string> find_content(std::string_view path) const;
  /// Like find_content, but absence throws.
  std::string read(std::string_view path) const;
  std::optional<std::string> find_link_target(std::string_view path) const;
  /// Names in a directory, sorted; empty when it does not exist.
  std::vector<std::string> list(std::string_view path) const;

  /// Makes a new file that takes the name, so that nothing is written through a link, and other
  /// names of a file that stood there keep what they had. A file or link that stood there is
  /// replaced, a file's owner and attributes are kept; a directory, device or FIFO is an error.
  /// Missing parent directories are made with 0755.
  void write(std::string_view path, std::string_view content, mode_t permissions) const;
  /// The same with a content that need not fit into memory.
  void write_copy(std::string_view path, const FileStretch& content, mode_t permissions) const;
  void append(std::string_view path, std::string_view content) const;
  /// Makes a directory and its missing parents (each with `permissions`); an existing directory is
  /// left as it is.
  void make_directories(std::string_view path, mode_t permissions = 0755) const;
  /// Replaces whatever file or link stands there with a link. Refuses to replace a directory.
  void make_symlink(std::string_view path, std::string_view target) const;
  void set_permissions(std::string_view path, mode_t permissions) const;
  /// Changes the owner of the file or link itself.
  void set_owner(std::string_view path, uid_t owner, gid_t group) const;
  /// Removes a file, link or empty directory; absence is fine.
  void remove(std::string_view path) const;
  /// Removes a whole tree without leaving the root or crossing a mount; absence is fine.
  void remove_tree(std::string_view path) const;

  /// A name or a directory, opened with O_PATH or O_DIRECTORY and further flags.
  UniqueFd open(std::string_view path, int flags) const;
  /// A regular file, following links, without waiting for anybody.
  UniqueFd open_file(std::string_view path, FileAccess access = FileAccess::reading) const;
  /// The path of an open name of this root, as the image sees it and without links.
  std::string real_path(const UniqueFd& name) const;

private:
  void write_new(std::string_view path, mode_t permissions,
                 const std::function<void(int file)>& fill) const;
  std::optional<FileStatus> status_of(std::string_view path, int flags) const;
  UniqueFd try_open(std::string_view path, int flags) const;
  /// Opens for reading or writing what `name`, opened with O_PATH, stands for, if it is a regular
  /// file.
  UniqueFd reopen(const UniqueFd& name, FileAccess access, std::string_view path) const;
  /// The bits S_IFMT and permissions of what a name stands for.
  mode_t mode_of(const UniqueFd& name, const struct stat& status) const;
  void forget(const UniqueFd& parent, const std::string& name) const;
  /// The directory that holds the last part of `path`, and that part.
  std::pair<UniqueFd, std::string> open_parent(std::string_view path) const;

  std::filesystem::path host_path_;
  const NameKeeper* keeper_;
  UniqueFd fd_;
};

} // namespace imagewright::fs
