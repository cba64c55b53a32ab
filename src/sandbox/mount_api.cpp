// SPDX-License-Identifier: MIT
#include "mount_api.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::sandbox {

void throw_cannot_enter(const std::string& what, const std::string& subject) {
  const int number = errno;
  throw base::Error(base::FailureKind::host, "sandbox.cannot-enter",
                    fmt::format("{} {}: {}", what, base::quoted(subject),
                                std::generic_category().message(number)),
                    "run \"imagewright doctor\" to see what this host allows");
}

fs::UniqueFd make_mount(const std::string& type,
                        const std::vector<std::pair<std::string, std::string>>& parameters,
                        MountAttributes attributes) {
  const fs::UniqueFd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
  if (!context) throw_cannot_enter("cannot make a filesystem of type", type);
  for (const auto& [name, value] : parameters) {
    const bool is_flag = value.empty();
    if (::fsconfig(context.get(), is_flag ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, name.c_str(),
                   is_flag ? nullptr : value.c_str(), 0) != 0) {
      throw_cannot_enter("cannot set the mount option", type + " " + name);
    }
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    throw_cannot_enter("cannot make a filesystem of type", type);
  }
  fs::UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)));
  if (!mount) throw_cannot_enter("cannot mount a filesystem of type", type);
  return mount;
}

fs::UniqueFd clone_mount(const std::string& path) {
  fs::UniqueFd mount(::open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!mount) throw_cannot_enter("cannot bind", path);
  return mount;
}

fs::UniqueFd clone_mounts(const std::string& path) {
  fs::UniqueFd mounts(
      ::open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  if (!mounts) throw_cannot_enter("cannot bind", path);
  return mounts;
}

void set_attributes(const fs::UniqueFd& mount, MountAttributes attributes) {
  mount_attr wanted{};
  wanted.attr_set = attributes;
  if (::mount_setattr(mount.get(), "", AT_EMPTY_PATH, &wanted, sizeof wanted) != 0) {
    throw_cannot_enter("cannot restrict", "a mount");
  }
}

void attach(const fs::UniqueFd& mount, const std::string& target) {
  if (::move_mount(mount.get(), "", AT_FDCWD, target.c_str(),
                   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) != 0) {
    throw_cannot_enter("cannot mount on", target);
  }
}

void make_mounts_private(const std::string& whose) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    throw_cannot_enter(fmt::format("cannot make mounts of {} private below", whose), "/");
}

bool change_root_to(const fs::UniqueFd& root) {
  return ::fchdir(root.get()) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 &&
         ::umount2(".", MNT_DETACH) == 0 && ::chdir("/") == 0;
}

} // namespace imagewright::sandbox
