// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/root_dir.hpp>

#include "tree_removal.hpp"

namespace imagewright::fs {

namespace {

constexpr base::ByteSize k_largest_content = base::ByteSize::mib(64);

bool is_absence(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR;
}

[[noreturn]] void throw_root_error(const std::string& what, std::string_view path,
                                   int error_number) {
  const bool is_full = error_number == ENOSPC || error_number == EDQUOT;
  base::throw_system_error(is_full ? "fs.disk-full" : "fs.root-access", what + " in the root",
                           std::string(path), error_number);
}

/// The parts of a path without empty ones and ".".
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts = base::split(path, '/');
  std::erase_if(parts, [](const std::string& part) { return part.empty() || part == "."; });
  return parts;
}

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

} // namespace

RootDir::RootDir(std::filesystem::path host_path)
    : host_path_(std::move(host_path)),
      fd_(::open(host_path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!fd_) {
    base::throw_system_error("fs.cannot-read", "cannot open directory", host_path_.string(), errno);
  }
}

UniqueFd RootDir::try_open(std::string_view path, int flags, mode_t permissions) const {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.mode = permissions;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const std::string text = path.empty() ? "/" : std::string(path);
  for (;;) {
    const long fd = ::syscall(SYS_openat2, fd_.get(), text.c_str(), &how, sizeof(how));
    // EAGAIN: a rename elsewhere raced with the resolution of "..", openat2(2) asks to try again.
    if (fd < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return UniqueFd(static_cast<int>(fd));
  }
}

UniqueFd RootDir::open(std::string_view path, int flags, mode_t permissions) const {
  UniqueFd fd = try_open(path, flags, permissions);
  if (!fd) throw_root_error("cannot open", path, errno);
  return fd;
}

std::pair<UniqueFd, std::string> RootDir::open_parent(std::string_view path) const {
  std::vector<std::string> parts = parts_of(path);
  IMAGEWRIGHT_ASSERT(!parts.empty());
  std::string name = std::move(parts.back());
  IMAGEWRIGHT_ASSERT(name != "..");
  parts.pop_back();
  return {try_open("/" + base::join(parts, "/"), O_PATH | O_DIRECTORY, 0), std::move(name)};
}

std::optional<FileStatus> RootDir::find_status(std::string_view path) const {
  return status_of(path, O_NOFOLLOW);
}

std::optional<FileStatus> RootDir::find_target_status(std::string_view path) const {
  return status_of(path, 0);
}

std::optional<FileStatus> RootDir::status_of(std::string_view path, int flags) const {
  const UniqueFd fd = try_open(path, O_PATH | flags, 0);
  struct stat status {};
  if (!fd && is_absence(errno)) return std::nullopt;
  if (!fd || ::fstat(fd.get(), &status) != 0) throw_root_error("cannot look at", path, errno);
  return FileStatus{.type = find_file_type(status.st_mode).value_or(FileType::regular),
                    .permissions = status.st_mode & 07777U,
                    .owner = status.st_uid,
                    .group = status.st_gid,
                    .size = static_cast<std::uint64_t>(status.st_size)};
}

bool RootDir::exists(std::string_view path) const {
  const UniqueFd fd = try_open(path, O_PATH, 0);
  if (!fd && !is_absence(errno) && errno != ELOOP) throw_root_error("cannot look at", path, errno);
  return static_cast<bool>(fd);
}

std::optional<std::string> RootDir::find_content(std::string_view path) const {
  // O_NONBLOCK: a FIFO that a package put there must not make us wait.
  const UniqueFd fd = try_open(path, O_RDONLY | O_NONBLOCK, 0);
  if (!fd && is_absence(errno)) return std::nullopt;
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) throw_root_error("cannot read", path, errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size > k_largest_content.bytes()) {
    throw_root_error("cannot read", path, S_ISDIR(status.st_mode) ? EISDIR : EFBIG);
  }
  std::string content(static_cast<std::size_t>(size), '\0');
  read_exactly(fd.get(), std::as_writable_bytes(std::span(content.data(), content.size())), 0,
               std::string(path));
  return content;
}

std::string RootDir::read(std::string_view path) const {
  auto content = find_content(path);
  if (!content) throw_root_error("cannot read", path, ENOENT);
  return std::move(*content);
}

std::optional<std::string> RootDir::find_link_target(std::string_view path) const {
  const UniqueFd fd = try_open(path, O_PATH | O_NOFOLLOW, 0);
  if (!fd && is_absence(errno)) return std::nullopt;
  if (!fd) throw_root_error("cannot look at", path, errno);
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlinkat(fd.get(), "", target.data(), target.size());
  // ENOENT and EINVAL: it is not a link.
  if (length < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(length));
}

std::vector<std::string> RootDir::list(std::string_view path) const {
  UniqueFd fd = try_open(path, O_RDONLY | O_DIRECTORY, 0);
  if (!fd && is_absence(errno)) return {};
  if (!fd) throw_root_error("cannot list", path, errno);
  const std::unique_ptr<DIR, DirectoryCloser> directory(::fdopendir(fd.get()));
  if (!directory) throw_root_error("cannot list", path, errno);
  fd.release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string name(entry->d_name);
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void RootDir::make_directories(std::string_view path, mode_t permissions) const {
  std::string so_far;
  for (const std::string& part : parts_of(path)) {
    so_far += "/" + part;
    if (UniqueFd(try_open(so_far, O_PATH | O_DIRECTORY, 0))) continue;
    const auto [parent, name] = open_parent(so_far);
    if (!parent || ::mkdirat(parent.get(), name.c_str(), permissions) != 0) {
      throw_root_error("cannot make directory", so_far, errno);
    }
    // mkdirat's permissions are subject to the umask of whoever runs us.
    if (::fchmodat(parent.get(), name.c_str(), permissions, 0) != 0) {
      throw_root_error("cannot make directory", so_far, errno);
    }
  }
}

void RootDir::write(std::string_view path, std::string_view content, mode_t permissions) const {
  const std::vector<std::string> parts = parts_of(path);
  IMAGEWRIGHT_ASSERT(!parts.empty());
  make_directories(base::join(std::span(parts).first(parts.size() - 1), "/"));
  const UniqueFd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0600);
  write_exactly(fd.get(), std::as_bytes(std::span(content.data(), content.size())), 0,
                std::string(path));
  if (::fchmod(fd.get(), permissions) != 0) throw_root_error("cannot write", path, errno);
}

void RootDir::append(std::string_view path, std::string_view content) const {
  const auto old = find_target_status(path);
  const auto existing = find_content(path);
  write(path, existing.value_or("") + std::string(content), old ? old->permissions : 0644);
}

void RootDir::make_symlink(std::string_view path, std::string_view target) const {
  const std::vector<std::string> parts = parts_of(path);
  make_directories(base::join(std::span(parts).first(parts.size() - 1), "/"));
  const auto [parent, name] = open_parent(path);
  const std::string text(target);
  if (!parent) throw_root_error("cannot make link", path, errno);
  if (::symlinkat(text.c_str(), parent.get(), name.c_str()) == 0) return;
  if (errno != EEXIST || ::unlinkat(parent.get(), name.c_str(), 0) != 0 ||
      ::symlinkat(text.c_str(), parent.get(), name.c_str()) != 0) {
    throw_root_error("cannot make link", path, errno);
  }
}

void RootDir::set_permissions(std::string_view path, mode_t permissions) const {
  const UniqueFd fd = open(path, O_RDONLY | O_NONBLOCK);
  if (::fchmod(fd.get(), permissions) != 0) throw_root_error("cannot change mode of", path, errno);
}

void RootDir::set_owner(std::string_view path, uid_t owner, gid_t group) const {
  const auto [parent, name] = open_parent(path);
  if (!parent || ::fchownat(parent.get(), name.c_str(), owner, group, AT_SYMLINK_NOFOLLOW) != 0) {
    throw_root_error("cannot change owner of", path, errno);
  }
}

void RootDir::remove(std::string_view path) const {
  const auto [parent, name] = open_parent(path);
  if (!parent && is_absence(errno)) return;
  if (!parent) throw_root_error("cannot remove", path, errno);
  if (::unlinkat(parent.get(), name.c_str(), 0) == 0 || is_absence(errno)) return;
  if (errno == EISDIR && ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0) return;
  throw_root_error("cannot remove", path, errno);
}

void RootDir::remove_tree(std::string_view path) const {
  const auto [parent, name] = open_parent(path);
  if (!parent && is_absence(errno)) return;
  if (!parent) throw_root_error("cannot remove", path, errno);
  remove_tree_at(parent.get(), name, std::string(path));
}

} // namespace imagewright::fs
