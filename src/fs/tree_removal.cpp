// SPDX-License-Identifier: MIT
#include "tree_removal.hpp"

#include <cerrno>
#include <ctime>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/directory_cursor.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::fs {

namespace {

[[noreturn]] void throw_cannot_remove(const std::string& shown, int error_number) {
  base::throw_system_error("fs.cannot-write", "cannot remove", shown, error_number);
}

/// Processes that were killed may write for a moment longer than their end takes to be heard of.
constexpr timespec k_pause{.tv_sec = 0, .tv_nsec = 20'000'000};
constexpr int k_most_pauses = 250;

/// Removes one tree, as deep as it may be, with one descriptor.
class TreeRemoval {
public:
  TreeRemoval(DirectoryCursor cursor, const std::string& shown)
      : cursor_(std::move(cursor)), shown_(shown) {
    struct stat status {};
    if (::fstat(cursor_.fd(), &status) != 0) fail();
    device_ = status.st_dev;
  }

  void run(const std::string& name) {
    enter(name);
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.directories.empty()) {
        leave();
        continue;
      }
      const std::string child = std::move(level.directories.back());
      level.directories.pop_back();
      enter(child);
    }
  }

private:
  struct Level {
    std::string name;
    std::vector<std::string> directories; ///< still to be removed
  };

  [[noreturn]] void fail() const { throw_cannot_remove(shown_, errno); }

  void enter(const std::string& name) {
    if (!cursor_.enter(name)) {
      const bool is_closed = errno == EACCES;
      if (!is_closed || ::fchmodat(cursor_.fd(), name.c_str(), 0700, 0) != 0 ||
          !cursor_.enter(name))
        fail();
    }
    struct stat status {};
    if (::fstat(cursor_.fd(), &status) != 0) fail();
    if (status.st_dev != device_) {
      throw base::Error(base::FailureKind::build, "fs.cannot-write",
                        "something is mounted below " + shown_ + "; it is not removed");
    }
    // Entries can only be unlinked from a directory that its owner may write.
    if ((status.st_mode & 0700U) != 0700U) ::fchmod(cursor_.fd(), 0700);
    levels_.push_back({name, remove_files()});
  }

  /// Everything but directories; gives those.
  std::vector<std::string> remove_files() const {
    std::vector<std::string> directories;
    try {
      for (std::string& name : names_in(cursor_.fd())) {
        if (::unlinkat(cursor_.fd(), name.c_str(), 0) == 0 || errno == ENOENT) continue;
        if (errno != EISDIR) fail();
        directories.push_back(std::move(name));
      }
    } catch (const std::system_error& error) {
      throw_cannot_remove(shown_, error.code().value());
    }
    return directories;
  }

  void leave() {
    if (!cursor_.leave()) fail();
    const std::string name = std::move(levels_.back().name);
    levels_.pop_back();
    if (::unlinkat(cursor_.fd(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return;
    if (errno != ENOTEMPTY || pauses_++ == k_most_pauses) fail();
    ::nanosleep(&k_pause, nullptr);
    enter(name);
  }

  DirectoryCursor cursor_;
  const std::string& shown_;
  dev_t device_ = 0;
  int pauses_ = 0;
  std::vector<Level> levels_;
};

} // namespace

void remove_tree_at(int parent_fd, const std::string& name, const std::string& shown) {
  if (::unlinkat(parent_fd, name.c_str(), 0) == 0 || errno == ENOENT) return;
  const int error_number = errno;
  struct stat status {};
  if (::fstatat(parent_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISDIR(status.st_mode)) {
    throw_cannot_remove(shown, error_number);
  }
  UniqueFd parent(::openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent) throw_cannot_remove(shown, errno);
  TreeRemoval(DirectoryCursor(std::move(parent)), shown).run(name);
}

} // namespace imagewright::fs
