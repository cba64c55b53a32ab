// SPDX-License-Identifier: MIT
#pragma once

// Files and directories below /proc, for those who watch the processes of a sandbox.

#include <memory>
#include <optional>
#include <string>

#include <dirent.h>

namespace imagewright::sandbox {

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, DirectoryCloser>;

/// The first 4 KiB at most of a file below the open directory `processes`; nothing when it cannot
/// be read, as when its process is gone.
std::optional<std::string> beginning_of(int processes, const std::string& path);

} // namespace imagewright::sandbox
