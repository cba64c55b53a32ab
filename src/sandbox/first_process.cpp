// SPDX-License-Identifier: MIT
#include "first_process.hpp"

#include <cerrno>

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call_policy.hpp"
#include "capabilities.hpp"
#include "mount_api.hpp"
#include "stopped_process.hpp"

namespace imagewright::sandbox {

namespace {

constexpr MountAttributes k_closed =
    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;

void enter_empty_root() {
  if (::unshare(CLONE_NEWNS) != 0) throw_cannot_enter("cannot make", "namespaces");
  make_mounts_private("the first process");
  const fs::UniqueFd empty = make_mount("tmpfs", {{"mode", "0555"}, {"size", "4k"}}, k_closed);
  // A place that every machine has; what is on it goes with the old root.
  attach(empty, "/proc");
  if (!change_root_to(empty)) throw_cannot_enter("cannot leave the files of", "the host");
}

} // namespace

void become_empty() {
  enter_empty_root();
  filter_calls_of_scripts();
  // With one capability more than theirs the kernel would not let programs see the root of this
  // process.
  drop_capabilities();
  if (::prctl(PR_SET_DUMPABLE, 1) != 0) throw_cannot_enter("cannot show", "the first process");
  if (::close_range(0, ~0U, 0) != 0) throw_cannot_enter("cannot close", "descriptors");
}

void wait_for_builder(pid_t builder) {
  StoppedProcess stopped(builder);
  while (true) {
    int status = 0;
    const pid_t changed = ::waitpid(-1, &status, WUNTRACED);
    if (changed < 0 && errno != EINTR) return;
    if (changed != builder) continue;
    if (!WIFSTOPPED(status) || !stopped.go_on()) return;
  }
}

} // namespace imagewright::sandbox
