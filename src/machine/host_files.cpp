// SPDX-License-Identifier: MIT
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/stat.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file_type.hpp>
#include <imagewright/machine/host_files.hpp>

namespace imagewright::machine {

namespace {

constexpr mode_t k_permissions = 07777;

struct stat status_of(const std::filesystem::path& path, int (*ask)(const char*, struct stat*)) {
  struct stat status {};
  if (ask(path.c_str(), &status) != 0)
    base::throw_system_error("fs.cannot-read", "cannot look at", path.string(), errno);
  return status;
}

std::filesystem::path absolute_path(const std::filesystem::path& path) {
  std::string text = std::filesystem::absolute(path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/'))
    text.pop_back();
  return text;
}

tree::Inode directory_inode(mode_t permissions) {
  tree::Inode inode;
  inode.type = fs::FileType::directory;
  inode.permissions = permissions;
  return inode;
}

/// Other users of the host may be kept out of a file that root of the machine has to read.
tree::Inode file_inode(const std::filesystem::path& file) {
  const struct stat status = status_of(file, &::stat);
  if (!S_ISREG(status.st_mode)) {
    throw base::Error(base::FailureKind::input, "fs.cannot-read",
                      "cannot hand over " + file.string() + ": it is no regular file");
  }
  tree::Inode inode;
  inode.permissions = status.st_mode & k_permissions;
  inode.size = static_cast<std::uint64_t>(status.st_size);
  inode.stored_size = inode.size;
  inode.content = std::filesystem::canonical(file).string();
  return inode;
}

} // namespace

void HostFiles::add(const std::filesystem::path& place, tree::Inode inode) {
  for (std::filesystem::path parent = place.parent_path();; parent = parent.parent_path()) {
    constexpr mode_t k_usual = 0755;
    if (!entries_.emplace(parent.string(), directory_inode(k_usual)).second) break;
    if (parent == parent.parent_path()) break;
  }
  entries_.insert_or_assign(place.string(), std::move(inode));
}

void HostFiles::add_file_at(const std::filesystem::path& file, const std::filesystem::path& place) {
  add(absolute_path(place), file_inode(file));
}

void HostFiles::add_directory(const std::filesystem::path& place) {
  constexpr mode_t k_usual = 0755;
  const std::filesystem::path path = absolute_path(place);
  if (entries_.contains(path.string())) return;
  add(path, directory_inode(k_usual));
}

void HostFiles::add_tree(const std::filesystem::path& directory) {
  const std::filesystem::path top = absolute_path(directory);
  add(top, directory_inode(status_of(top, &::stat).st_mode & k_permissions));
  std::error_code error;
  auto entry = std::filesystem::recursive_directory_iterator(top, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    const struct stat status = status_of(entry->path(), &::lstat);
    if (S_ISLNK(status.st_mode)) {
      tree::Inode link;
      link.type = fs::FileType::symlink;
      link.permissions = 0777;
      link.target = std::filesystem::read_symlink(entry->path()).string();
      add(entry->path(), std::move(link));
    } else if (S_ISDIR(status.st_mode)) {
      add(entry->path(), directory_inode(status.st_mode & k_permissions));
    } else if (S_ISREG(status.st_mode)) {
      add(entry->path(), file_inode(entry->path()));
    } else {
      // Whoever finds it inside refuses it, as on other rungs: any special file does.
      tree::Inode special;
      special.type = fs::FileType::fifo;
      add(entry->path(), std::move(special));
    }
  }
  if (error) base::throw_system_error("fs.cannot-read", "cannot list", top.string(), error.value());
}

bool HostFiles::has_file(const std::filesystem::path& place) const {
  const auto found = entries_.find(absolute_path(place).string());
  return found != entries_.end() && found->second.type == fs::FileType::regular;
}

tree::RootTree HostFiles::tree() const {
  tree::RootTree tree{.host_path = "/", .inodes = {}, .entries = {}};
  for (const auto& [path, inode] : entries_) {
    tree.entries.push_back({path, tree.inodes.size()});
    tree.inodes.push_back(inode);
  }
  return tree;
}

} // namespace imagewright::machine
