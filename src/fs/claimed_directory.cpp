// SPDX-License-Identifier: MIT
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/claimed_directory.hpp>

namespace imagewright::fs {

namespace {

UniqueFd open_directory(const std::filesystem::path& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool lock(const UniqueFd& fd, int operation) {
  while (::flock(fd.get(), operation) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

bool is_own(const UniqueFd& fd) {
  struct stat status {};
  return ::fstat(fd.get(), &status) == 0 && status.st_uid == ::geteuid();
}

/// Between being made and being locked, a directory looks abandoned to others.
bool is_still_at(const std::filesystem::path& path, const UniqueFd& fd) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd.get(), &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

void remove_when_abandoned(const std::filesystem::path& path) {
  const UniqueFd fd = open_directory(path);
  if (!fd || !is_own(fd) || !lock(fd, LOCK_EX | LOCK_NB)) return;
  try {
    remove_tree(path);
  } catch (const base::Error&) {
    // It is in nobody's way, and the next build tries again, ignoring.
  }
}

} // namespace

TemporaryDirectory ClaimedDirectory::claim(const std::filesystem::path& parent,
                                           std::string_view prefix, UniqueFd& lock_fd) {
  remove_abandoned(parent, prefix);
  while (true) {
    TemporaryDirectory directory(parent, prefix);
    lock_fd = open_directory(directory.path());
    if (lock_fd && !lock(lock_fd, LOCK_EX)) {
      base::throw_system_error("fs.cannot-write", "cannot lock", directory.path().string(), errno);
    }
    if (lock_fd && is_still_at(directory.path(), lock_fd)) return directory;
  }
}

ClaimedDirectory::ClaimedDirectory(const std::filesystem::path& parent, std::string_view prefix)
    : directory_(claim(parent, prefix, lock_)) {}

void remove_abandoned(const std::filesystem::path& parent, std::string_view prefix) {
  std::vector<std::filesystem::path> candidates;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(parent, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().filename().string().starts_with(prefix)) candidates.push_back(entry->path());
  }
  for (const std::filesystem::path& candidate : candidates)
    remove_when_abandoned(candidate);
}

} // namespace imagewright::fs
