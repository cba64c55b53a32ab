// SPDX-License-Identifier: MIT
#pragma once

// A directory that is gone when its owner is.

#include <filesystem>
#include <string_view>

namespace imagewright::fs {

/// Made with mode 0700 under `parent` with a unique name that starts with `prefix`. The destructor
/// removes the whole tree without following links or crossing mounts.
class TemporaryDirectory {
public:
  /// Throws base::Error (fs.cannot-write).
  TemporaryDirectory(const std::filesystem::path& parent, std::string_view prefix);
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  const std::filesystem::path& path() const { return path_; }
  /// Leaves the directory where it is; it is nobody's from now on.
  std::filesystem::path release();

private:
  void remove() noexcept;

  std::filesystem::path path_;
};

/// Removes a tree on the host without following links or crossing mounts; absence is fine.
/// Directories without permission for their owner are opened up first. Throws base::Error
/// (fs.cannot-write).
void remove_tree(const std::filesystem::path& path);

} // namespace imagewright::fs
