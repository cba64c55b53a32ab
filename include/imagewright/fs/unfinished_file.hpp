// SPDX-License-Identifier: MIT
#pragma once

// A file that is being made, and is gone again when that fails.

#include <filesystem>

#include <sys/types.h>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

/// Owns a new file until it is finished: the destructor removes it by its name unless keep() was
/// called. It never replaces a file.
class UnfinishedFile {
public:
  /// Makes the file, for reading and writing. Throws base::Error (fs.cannot-write, fs.disk-full)
  /// also when it exists.
  explicit UnfinishedFile(std::filesystem::path path, mode_t permissions = 0666);
  /// Takes a finished file over by renaming it. Throws as above; the file is then where it was.
  static UnfinishedFile take_over(const std::filesystem::path& present, std::filesystem::path path);
  /// Makes a file of a name of its own, `beside` with six letters behind it, with mode 0600.
  static UnfinishedFile make_beside(const std::filesystem::path& beside);

  UnfinishedFile(UnfinishedFile&& other) noexcept;
  UnfinishedFile& operator=(UnfinishedFile&&) = delete;
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;
  ~UnfinishedFile();

  const std::filesystem::path& path() const { return path_; }
  int fd() const { return fd_.get(); }
  /// It is whole: it stays under its name, or under the one that it was renamed to.
  void keep() { is_kept_ = true; }

private:
  UnfinishedFile(UniqueFd fd, std::filesystem::path path);

  std::filesystem::path path_;
  UniqueFd fd_;
  bool is_kept_ = false;
};

} // namespace imagewright::fs
