// SPDX-License-Identifier: MIT
#include "node_tree.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/directory_cursor.hpp>
#include <imagewright/fs/file_type.hpp>
#include <imagewright/inspect/file_record.hpp>

namespace imagewright::drift {

namespace {

constexpr std::size_t k_buffer_size = std::size_t{256} << 10U;
constexpr std::size_t k_longest_target = 4096;

bool is_absence(int number) {
  // A link, or a file, in the place of a directory of the path: nothing of the image is there.
  return number == ENOENT || number == ENOTDIR || number == ELOOP;
}

NodeFile failed(int number) {
  if (is_absence(number)) return {};
  return {.presence = Presence::unreadable,
          .aspects = {},
          .complaint = std::generic_category().message(number)};
}

/// False, with errno, when it cannot be read to its end.
bool add_content(int fd, audit::Aspects& aspects) {
  std::array<std::byte, k_buffer_size> buffer;
  base::Hasher hasher;
  std::uint64_t size = 0;
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) break;
    size += static_cast<std::uint64_t>(count);
    hasher.update(std::span(buffer).first(static_cast<std::size_t>(count)));
  }
  aspects["content"] = fmt::format("{} bytes {}", size, hasher.finish().to_string());
  return true;
}

/// Made by the kernel or by layers below, never by an image.
bool is_of_this_machine(const std::string& name) {
  return name == "security.ima" || name == "security.evm" || name.starts_with("trusted.overlay.") ||
         name.starts_with("system.");
}

void add_attribute(int fd, const std::string& name, audit::Aspects& aspects) {
  if (is_of_this_machine(name)) return;
  std::string value(65536, '\0');
  const ssize_t size = ::fgetxattr(fd, name.c_str(), value.data(), value.size());
  if (size < 0) return;
  value.resize(static_cast<std::size_t>(size));
  std::string aspect = name;
  if (name == "security.selinux") aspect = "label";
  if (name == "security.capability") aspect = "capabilities";
  aspects[aspect] = inspect::attribute_text({name, value});
}

void add_attributes(int fd, audit::Aspects& aspects) {
  std::string names(65536, '\0');
  const ssize_t size = ::flistxattr(fd, names.data(), names.size());
  // Filesystems without attributes have none.
  if (size <= 0) return;
  names.resize(static_cast<std::size_t>(size) - 1);
  for (const std::string& name : base::split(names, '\0'))
    add_attribute(fd, name, aspects);
}

audit::Aspects aspects_of(const struct stat& status) {
  const auto type = fs::find_file_type(status.st_mode);
  audit::Aspects aspects{{"type", type ? std::string(inspect::type_word(*type)) : "unknown"},
                         {"mode", fmt::format("{:04o}", status.st_mode & 07777U)},
                         {"owner", fmt::format("{}:{}", status.st_uid, status.st_gid)}};
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
    aspects["device"] = fmt::format("{},{}", major(status.st_rdev), minor(status.st_rdev));
  return aspects;
}

std::optional<std::string> target_of(int fd) {
  std::string target(k_longest_target, '\0');
  const ssize_t size = ::readlinkat(fd, "", target.data(), target.size());
  if (size < 0) return std::nullopt;
  target.resize(static_cast<std::size_t>(size));
  return target;
}

} // namespace

NodeTree::NodeTree(const std::filesystem::path& root)
    : root_(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (root_) return;
  throw base::Error(base::FailureKind::input, "drift.no-root",
                    fmt::format("{} cannot be looked at: {}", base::quoted(root.string()),
                                std::generic_category().message(errno)),
                    "give the node's root directory, mounted or unpacked");
}

fs::UniqueFd NodeTree::open(const std::string& path, int flags) const {
  const char* relative = path.c_str() + (path.starts_with("/") ? 1 : 0);
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return fs::UniqueFd(static_cast<int>(
      ::syscall(SYS_openat2, root_.get(), *relative == '\0' ? "." : relative, &how, sizeof how)));
}

NodeFile NodeTree::look(const std::string& path) const {
  const fs::UniqueFd name = open(path, O_PATH);
  struct stat status {};
  if (!name || ::fstat(name.get(), &status) != 0) return failed(errno);
  NodeFile file{.presence = Presence::present, .aspects = aspects_of(status), .complaint = {}};
  if (S_ISLNK(status.st_mode)) {
    const auto target = target_of(name.get());
    if (!target) return failed(errno);
    file.aspects["target"] = base::quoted(*target);
  }
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return file;
  const fs::UniqueFd content = open(path, O_RDONLY | O_NONBLOCK);
  if (!content) return failed(errno == ENOENT ? EAGAIN : errno);
  if (S_ISREG(status.st_mode) && !add_content(content.get(), file.aspects)) return failed(errno);
  add_attributes(content.get(), file.aspects);
  return file;
}

std::optional<std::string> NodeTree::read(const std::string& path, base::ByteSize limit) const {
  const fs::UniqueFd fd = open(path, O_RDONLY | O_NONBLOCK);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string text;
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > limit.bytes()) return std::nullopt;
  }
}

std::optional<std::string> NodeTree::link_target(const std::string& path) const {
  const fs::UniqueFd fd = open(path, O_PATH);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISLNK(status.st_mode)) return std::nullopt;
  return target_of(fd.get());
}

bool NodeTree::is_directory(const std::string& path) const {
  const fs::UniqueFd fd = open(path, O_PATH);
  struct stat status {};
  return fd && ::fstat(fd.get(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::optional<std::vector<NodeEntry>> NodeTree::list(const std::string& path) const {
  const fs::UniqueFd fd = open(path, O_RDONLY | O_DIRECTORY);
  if (!fd) return std::nullopt;
  try {
    std::vector<NodeEntry> entries;
    for (const fs::DirectoryEntry& entry : fs::entries_in(fd.get())) {
      const std::string child = (path == "/" ? "" : path) + "/" + entry.name;
      const bool is_known = entry.type.has_value();
      entries.push_back(
          {entry.name, is_known ? *entry.type == fs::FileType::directory : is_directory(child)});
    }
    return entries;
  } catch (const std::system_error&) {
    // An answer like any other: nobody can tell what is in it.
    return std::nullopt;
  }
}

} // namespace imagewright::drift
