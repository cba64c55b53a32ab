// SPDX-License-Identifier: MIT
#include "tree_removal.hpp"

#include <cerrno>
#include <memory>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

namespace {

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

[[noreturn]] void throw_cannot_remove(const std::string& shown) {
  base::throw_system_error("fs.cannot-write", "cannot remove", shown, errno);
}

std::vector<std::string> names_in(int directory_fd, const std::string& shown) {
  const int copy = ::openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, DirectoryCloser> directory(copy < 0 ? nullptr : ::fdopendir(copy));
  if (!directory) throw_cannot_remove(shown);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string name(entry->d_name);
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

UniqueFd open_directory(int parent_fd, const std::string& name) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(::openat(parent_fd, name.c_str(), flags));
  if (!fd && errno == EACCES && ::fchmodat(parent_fd, name.c_str(), 0700, 0) == 0) {
    fd = UniqueFd(::openat(parent_fd, name.c_str(), flags));
  }
  return fd;
}

void empty_directory(int parent_fd, const std::string& name, dev_t device,
                     const std::string& shown) {
  const UniqueFd fd = open_directory(parent_fd, name);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) throw_cannot_remove(shown);
  if (status.st_dev != device) {
    throw base::Error(base::FailureKind::build, "fs.cannot-write",
                      "something is mounted at " + shown + "; it is not removed");
  }
  // Entries can only be unlinked from a directory that its owner may write.
  if ((status.st_mode & 0700U) != 0700U) ::fchmod(fd.get(), 0700);
  for (const std::string& child : names_in(fd.get(), shown)) {
    remove_tree_at(fd.get(), child, shown + "/" + child);
  }
}

} // namespace

void remove_tree_at(int parent_fd, const std::string& name, const std::string& shown) {
  if (::unlinkat(parent_fd, name.c_str(), 0) == 0 || errno == ENOENT) return;
  struct stat parent {};
  struct stat status {};
  if (::fstat(parent_fd, &parent) != 0 ||
      ::fstatat(parent_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISDIR(status.st_mode)) {
    throw_cannot_remove(shown);
  }
  empty_directory(parent_fd, name, parent.st_dev, shown);
  if (::unlinkat(parent_fd, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
    throw_cannot_remove(shown);
  }
}

} // namespace imagewright::fs
