// SPDX-License-Identifier: MIT
#include "tree_walk.hpp"

#include <cerrno>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include <imagewright/base/error.hpp>

namespace imagewright::root {
namespace {

[[noreturn]] void fail(const std::string& path, int error_number) {
  base::throw_system_error("root.cannot-examine", "cannot examine in the root", path, error_number);
}

struct Level {
  std::size_t path_length = 0; ///< of the directory, within the path of the walk
  std::vector<fs::DirectoryEntry> entries;
  std::size_t done = 0;
};

std::vector<fs::DirectoryEntry> entries_in(int directory, const std::string& path) {
  try {
    auto entries = fs::entries_in(directory);
    for (fs::DirectoryEntry& entry : entries) {
      if (entry.type) continue;
      struct stat status {};
      if (::fstatat(directory, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        fail(path, errno);
      entry.type = fs::find_file_type(status.st_mode);
    }
    return entries;
  } catch (const std::system_error& error) {
    fail(path, error.code().value());
  }
}

dev_t device_of(int directory) {
  struct stat status {};
  return ::fstat(directory, &status) == 0 ? status.st_dev : 0;
}

} // namespace

void walk(const fs::RootDir& files, const std::function<void(const WalkedEntry&)>& visit) {
  fs::DirectoryCursor cursor(files.open("/", O_RDONLY | O_DIRECTORY));
  const dev_t device = device_of(cursor.fd());
  // One text for the whole way: of a deep tree, the paths of all its levels would not fit.
  std::string path;
  std::vector<Level> levels;
  levels.push_back({0, entries_in(cursor.fd(), "/"), 0});
  while (!levels.empty()) {
    Level& level = levels.back();
    path.resize(level.path_length);
    if (level.done == level.entries.size()) {
      if (levels.size() > 1 && !cursor.leave()) fail(path, errno);
      levels.pop_back();
      continue;
    }
    const fs::DirectoryEntry& entry = level.entries[level.done++];
    path += "/" + entry.name;
    visit({cursor.fd(), entry, path});
    if (entry.type != fs::FileType::directory) continue;
    if (!cursor.enter(entry.name)) fail(path, errno);
    const bool is_elsewhere = device_of(cursor.fd()) != device;
    levels.push_back(
        {path.size(),
         is_elsewhere ? std::vector<fs::DirectoryEntry>() : entries_in(cursor.fd(), path), 0});
  }
}

} // namespace imagewright::root
