// SPDX-License-Identifier: MIT
#pragma once

// Directories of the image that are there only so that something can be mounted on them.

#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright::sandbox {

/// Makes what is missing; the destructor removes again what was made, as far as it is empty.
class MountPoints {
public:
  explicit MountPoints(const SandboxOptions& options);
  MountPoints(MountPoints&&) = delete;
  MountPoints& operator=(MountPoints&&) = delete;
  MountPoints(const MountPoints&) = delete;
  MountPoints& operator=(const MountPoints&) = delete;
  ~MountPoints();

private:
  void make_directory(const std::string& path);
  void make_file(const std::string& path);

  fs::RootDir root_;
  std::vector<std::string> made_;
};

/// Is that path below a directory that is fresh in every run (/dev, /run, /tmp)?
bool is_on_fresh_filesystem(const std::string& path);

} // namespace imagewright::sandbox
