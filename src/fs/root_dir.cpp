// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/directory_cursor.hpp>
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

[[noreturn]] void throw_wrong_type(std::string_view path, mode_t mode) {
  const auto type = find_file_type(mode);
  throw base::Error(
      base::FailureKind::build, "fs.root-access",
      base::quoted(std::string(path)) + " in the root is " +
          std::string(type ? to_string(*type) : "of no known type") +
          (type == FileType::directory ? ", and no file" : ", which is neither read nor replaced"),
      "find out which package or script leaves it there; --keep-root keeps the root for a look");
}

[[noreturn]] void throw_link_in_the_way(const std::string& path, const std::string& target) {
  throw base::Error(
      base::FailureKind::build, "fs.root-access",
      base::quoted(path) + " in the root is a link to " + base::quoted(target) +
          ", where no directory is",
      "find out which package or script leaves it there; --keep-root keeps the root for a look");
}

/// By this name the kernel opens what an O_PATH descriptor stands for, and nothing else.
std::string host_name(const UniqueFd& fd) {
  return "/proc/self/fd/" + std::to_string(fd.get());
}

/// The parts of a path without empty ones and ".".
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts = base::split(path, '/');
  std::erase_if(parts, [](const std::string& part) { return part.empty() || part == "."; });
  return parts;
}

/// A file on its way to a name; gone again unless it gets it.
class NewFile {
public:
  NewFile(int directory, const std::string& name, std::string_view shown)
      : directory_(directory), name_(name), shown_(shown) {
    for (unsigned attempt = 0; !fd_; ++attempt) {
      temporary_ = ".imagewright-new-" + std::to_string(attempt);
      fd_ = UniqueFd(::openat(directory, temporary_.c_str(),
                              O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
      if (!fd_ && errno != EEXIST) throw_root_error("cannot write", shown, errno);
    }
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  NewFile(NewFile&&) = delete;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile() {
    if (!has_name_) ::unlinkat(directory_, temporary_.c_str(), 0);
  }

  int fd() const { return fd_.get(); }

  void take_name() {
    if (::renameat(directory_, temporary_.c_str(), directory_, name_.c_str()) != 0)
      throw_root_error("cannot write", shown_, errno);
    has_name_ = true;
  }

private:
  int directory_;
  const std::string& name_;
  std::string_view shown_;
  std::string temporary_;
  UniqueFd fd_;
  bool has_name_ = false;
};

/// Access lists and what users attach belong to the name as they did before; capabilities are lost
/// with the content, as after every write(2).
void copy_attributes(const std::string& from, int to, std::string_view path) {
  std::array<char, XATTR_LIST_MAX> names{};
  const ssize_t length = ::listxattr(from.c_str(), names.data(), names.size());
  std::array<char, XATTR_SIZE_MAX> value{};
  for (ssize_t at = 0; at < length;) {
    const std::string name(&names.at(static_cast<std::size_t>(at)));
    at += static_cast<ssize_t>(name.size()) + 1;
    if (!name.starts_with("user.") && name != "system.posix_acl_access") continue;
    const ssize_t size = ::getxattr(from.c_str(), name.c_str(), value.data(), value.size());
    if (size < 0 ||
        ::fsetxattr(to, name.c_str(), value.data(), static_cast<std::size_t>(size), 0) != 0)
      throw_root_error("cannot keep attribute " + name + " of", path, errno);
  }
}

void set_times(const UniqueFd& directory, const struct stat& status, std::string_view path) {
  const std::array times{status.st_atim, status.st_mtim};
  if (::utimensat(AT_FDCWD, host_name(directory).c_str(), times.data(), 0) != 0)
    throw_root_error("cannot keep the times of the directory of", path, errno);
}

/// What a new file keeps of the one whose name it takes.
void take_over(const UniqueFd& old, const struct stat& status, int file, std::string_view path) {
  const bool is_ours = status.st_uid == ::geteuid() && status.st_gid == ::getegid();
  if (!is_ours && ::fchown(file, status.st_uid, status.st_gid) != 0)
    throw_root_error("cannot keep the owner of", path, errno);
  copy_attributes(host_name(old), file, path);
}

} // namespace

RootDir::RootDir(std::filesystem::path host_path, const NameKeeper* keeper)
    : host_path_(std::move(host_path)), keeper_(keeper),
      fd_(::open(host_path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!fd_) {
    base::throw_system_error("fs.cannot-read", "cannot open directory", host_path_.string(), errno);
  }
}

UniqueFd RootDir::try_open(std::string_view path, int flags) const {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const std::string text = path.empty() ? "/" : std::string(path);
  for (;;) {
    const long fd = ::syscall(SYS_openat2, fd_.get(), text.c_str(), &how, sizeof(how));
    // EAGAIN: a rename elsewhere raced with the resolution of "..", openat2(2) asks to try again.
    if (fd < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return UniqueFd(static_cast<int>(fd));
  }
}

UniqueFd RootDir::open(std::string_view path, int flags) const {
  IMAGEWRIGHT_ASSERT((flags & (O_PATH | O_DIRECTORY)) != 0);
  UniqueFd fd = try_open(path, flags);
  if (!fd) throw_root_error("cannot open", path, errno);
  return fd;
}

std::string RootDir::real_path(const UniqueFd& name) const {
  const auto target_of = [](const UniqueFd& fd) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(host_name(fd), error);
    if (error) throw_root_error("cannot look at", "/proc/self/fd", error.value());
    return target.string();
  };
  const std::string root = target_of(fd_);
  const std::string path = target_of(name);
  if (root == "/") return path;
  IMAGEWRIGHT_ASSERT(path.starts_with(root));
  return path.size() == root.size() ? "/" : path.substr(root.size());
}

mode_t RootDir::mode_of(const UniqueFd& name, const struct stat& status) const {
  if (keeper_ == nullptr || !S_ISREG(status.st_mode) || status.st_size != 0) return status.st_mode;
  const auto type = keeper_->find_stand_in(real_path(name));
  return type ? (status.st_mode & 07777U) | type_bits(*type) : status.st_mode;
}

void RootDir::forget(const UniqueFd& parent, const std::string& name) const {
  if (keeper_ == nullptr) return;
  const std::string directory = real_path(parent);
  keeper_->forget(directory == "/" ? "/" + name : directory + "/" + name);
}

UniqueFd RootDir::reopen(const UniqueFd& name, FileAccess access, std::string_view path) const {
  struct stat status {};
  if (::fstat(name.get(), &status) != 0) throw_root_error("cannot look at", path, errno);
  const mode_t mode = mode_of(name, status);
  if (!S_ISREG(mode)) throw_wrong_type(path, mode);
  if (keeper_ != nullptr) keeper_->require_content(name);
  // O_NONBLOCK: a lease that somebody holds on the file must not make us wait.
  const int flags = access == FileAccess::reading ? O_RDONLY : O_RDWR;
  UniqueFd fd(::open(host_name(name).c_str(), flags | O_NONBLOCK | O_CLOEXEC));
  if (!fd) throw_root_error("cannot open", path, errno);
  return fd;
}

UniqueFd RootDir::open_file(std::string_view path, FileAccess access) const {
  return reopen(open(path, O_PATH), access, path);
}

std::pair<UniqueFd, std::string> RootDir::open_parent(std::string_view path) const {
  std::vector<std::string> parts = parts_of(path);
  IMAGEWRIGHT_ASSERT(!parts.empty());
  std::string name = std::move(parts.back());
  IMAGEWRIGHT_ASSERT(name != "..");
  parts.pop_back();
  return {try_open("/" + base::join(parts, "/"), O_PATH | O_DIRECTORY), std::move(name)};
}

std::optional<FileStatus> RootDir::find_status(std::string_view path) const {
  return status_of(path, O_NOFOLLOW);
}

std::optional<FileStatus> RootDir::find_target_status(std::string_view path) const {
  return status_of(path, 0);
}

std::optional<FileStatus> RootDir::status_of(std::string_view path, int flags) const {
  const UniqueFd fd = try_open(path, O_PATH | flags);
  struct stat status {};
  if (!fd && is_absence(errno)) return std::nullopt;
  if (!fd || ::fstat(fd.get(), &status) != 0) throw_root_error("cannot look at", path, errno);
  const mode_t mode = mode_of(fd, status);
  return FileStatus{.type = find_file_type(mode).value_or(FileType::regular),
                    .permissions = mode & 07777U,
                    .owner = status.st_uid,
                    .group = status.st_gid,
                    .size = static_cast<std::uint64_t>(status.st_size)};
}

bool RootDir::exists(std::string_view path) const {
  const UniqueFd fd = try_open(path, O_PATH);
  if (!fd && !is_absence(errno) && errno != ELOOP) throw_root_error("cannot look at", path, errno);
  return static_cast<bool>(fd);
}

std::optional<std::string> RootDir::find_content(std::string_view path) const {
  const UniqueFd name = try_open(path, O_PATH);
  if (!name && is_absence(errno)) return std::nullopt;
  if (!name) throw_root_error("cannot read", path, errno);
  const UniqueFd fd = reopen(name, FileAccess::reading, path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw_root_error("cannot read", path, errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > k_largest_content.bytes()) throw_root_error("cannot read", path, EFBIG);
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
  const UniqueFd fd = try_open(path, O_PATH | O_NOFOLLOW);
  if (!fd && is_absence(errno)) return std::nullopt;
  if (!fd) throw_root_error("cannot look at", path, errno);
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlinkat(fd.get(), "", target.data(), target.size());
  // ENOENT and EINVAL: it is not a link.
  if (length < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(length));
}

std::vector<std::string> RootDir::list(std::string_view path) const {
  const UniqueFd fd = try_open(path, O_RDONLY | O_DIRECTORY);
  if (!fd && is_absence(errno)) return {};
  if (!fd) throw_root_error("cannot list", path, errno);
  try {
    return names_in(fd.get());
  } catch (const std::system_error& error) {
    throw_root_error("cannot list", path, error.code().value());
  }
}

void RootDir::make_directories(std::string_view path, mode_t permissions) const {
  std::string so_far;
  for (const std::string& part : parts_of(path)) {
    so_far += "/" + part;
    if (UniqueFd(try_open(so_far, O_PATH | O_DIRECTORY))) continue;
    const auto [parent, name] = open_parent(so_far);
    if (!parent || ::mkdirat(parent.get(), name.c_str(), permissions) != 0) {
      const int failure = errno;
      if (const auto target = failure == EEXIST ? find_link_target(so_far) : std::nullopt)
        throw_link_in_the_way(so_far, *target);
      throw_root_error("cannot make directory", so_far, failure);
    }
    // mkdirat's permissions are subject to the umask of whoever runs us.
    if (::fchmodat(parent.get(), name.c_str(), permissions, 0) != 0) {
      throw_root_error("cannot make directory", so_far, errno);
    }
  }
}

void RootDir::write(std::string_view path, std::string_view content, mode_t permissions) const {
  write_new(path, permissions, [&](int file) {
    write_exactly(file, std::as_bytes(std::span(content.data(), content.size())), 0,
                  std::string(path));
  });
}

void RootDir::write_copy(std::string_view path, const FileStretch& content,
                         mode_t permissions) const {
  write_new(path, permissions, [&](int file) { copy_exactly(content, file, std::string(path)); });
}

void RootDir::write_new(std::string_view path, mode_t permissions,
                        const std::function<void(int file)>& fill) const {
  const std::vector<std::string> parts = parts_of(path);
  IMAGEWRIGHT_ASSERT(!parts.empty());
  make_directories(base::join(std::span(parts).first(parts.size() - 1), "/"));
  const auto [parent, name] = open_parent(path);
  if (!parent) throw_root_error("cannot write", path, errno);
  const UniqueFd old(::openat(parent.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!old && errno != ENOENT) throw_root_error("cannot write", path, errno);
  struct stat status {};
  if (old && ::fstat(old.get(), &status) != 0) throw_root_error("cannot look at", path, errno);
  const mode_t mode = old ? mode_of(old, status) : S_IFREG;
  if (!S_ISREG(mode) && !S_ISLNK(mode)) throw_wrong_type(path, mode);
  struct stat directory {};
  if (::fstat(parent.get(), &directory) != 0) throw_root_error("cannot look at", path, errno);
  NewFile file(parent.get(), name, path);
  fill(file.fd());
  if (old && S_ISREG(mode)) take_over(old, status, file.fd(), path);
  if (::fchmod(file.fd(), permissions) != 0) throw_root_error("cannot write", path, errno);
  file.take_name();
  // Its names are those that it had: so are its times.
  if (old) set_times(parent, directory, path);
  if (S_ISLNK(mode)) forget(parent, name);
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
  forget(parent, name);
}

void RootDir::set_permissions(std::string_view path, mode_t permissions) const {
  const UniqueFd name = open(path, O_PATH);
  struct stat status {};
  if (::fstat(name.get(), &status) != 0) throw_root_error("cannot look at", path, errno);
  const mode_t mode = mode_of(name, status);
  if (!S_ISREG(mode) && !S_ISDIR(mode)) throw_wrong_type(path, mode);
  if (::chmod(host_name(name).c_str(), permissions) != 0)
    throw_root_error("cannot change mode of", path, errno);
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
  const bool is_gone =
      ::unlinkat(parent.get(), name.c_str(), 0) == 0 || is_absence(errno) ||
      (errno == EISDIR && ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0);
  if (!is_gone) throw_root_error("cannot remove", path, errno);
  forget(parent, name);
}

void RootDir::remove_tree(std::string_view path) const {
  const auto [parent, name] = open_parent(path);
  if (!parent && is_absence(errno)) return;
  if (!parent) throw_root_error("cannot remove", path, errno);
  remove_tree_at(parent.get(), name, std::string(path));
  forget(parent, name);
}

} // namespace imagewright::fs
