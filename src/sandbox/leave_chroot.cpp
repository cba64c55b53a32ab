// SPDX-License-Identifier: MIT
#include "leave_chroot.hpp"

#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <imagewright/fs/unique_fd.hpp>

#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

/// setns(2): who enters a mount namespace finds itself in its root, also in the one it is in.
bool enter_root_of_namespace() {
  const fs::UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  return self && ::setns(self.get(), CLONE_NEWNS) == 0;
}

/// The same mount, and not only the same directory.
bool is_root_here(const fs::UniqueFd& directory) {
  struct statx given {};
  struct statx root {};
  constexpr unsigned wanted = STATX_INO | STATX_MNT_ID;
  if (::statx(directory.get(), "", AT_EMPTY_PATH, wanted, &given) != 0 ||
      ::statx(AT_FDCWD, "/", 0, wanted, &root) != 0) {
    throw_cannot_enter("cannot look at", "/");
  }
  return given.stx_ino == root.stx_ino && given.stx_mnt_id == root.stx_mnt_id;
}

} // namespace

void leave_chroot() {
  std::error_code error;
  const std::filesystem::path working_directory = std::filesystem::current_path(error);
  const fs::UniqueFd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  // A filter that forbids it stands around containers, whose root is none of chroot, ignoring.
  if (!root || !enter_root_of_namespace()) return;
  if (!is_root_here(root)) {
    make_mounts_private("a chroot");
    const fs::UniqueFd tree(::open_tree(
        root.get(), "", AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (!tree) throw_cannot_enter("cannot bind", "the root of a chroot");
    attach(tree, "/");
    if (!change_root_to(tree)) throw_cannot_enter("cannot leave the surroundings of", "a chroot");
  }
  if (!error && ::chdir(working_directory.c_str()) != 0)
    throw_cannot_enter("cannot go back to", working_directory.string());
}

} // namespace imagewright::sandbox
