// SPDX-License-Identifier: MIT
#include "call_policy.hpp"

#include <cerrno>

#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "filter_program.hpp"
#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

// Calls that are younger than the headers of some hosts; numbers are the same on all machines.
constexpr long k_open_tree_attr = 467;
constexpr long k_lsm_get_self_attr = 459;
constexpr long k_lsm_set_self_attr = 460;
constexpr long k_lsm_list_modules = 461;

constexpr std::uint32_t k_new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                           CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                           CLONE_NEWNET;
/// CLONE_NEWTIME, which unshare(2) knows and clone(2) does not.
constexpr std::uint32_t k_new_time = 0x80;

/// Other views of files than the sandbox's.
void refuse_mounts(FilterProgram& filter) {
  filter.add({SYS_mount, SYS_umount2, SYS_pivot_root, SYS_move_mount, SYS_open_tree,
              k_open_tree_attr, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
              SYS_mount_setattr, SYS_open_by_handle_at, SYS_swapon, SYS_swapoff, SYS_quotactl,
              SYS_fanotify_init},
             refuse_with(EPERM));
}

void refuse_namespaces(FilterProgram& filter) {
  filter.add({SYS_setns}, refuse_with(EPERM));
  filter.add_when_any(SYS_unshare, 0, k_new_namespaces | k_new_time, refuse_with(EPERM));
  filter.add_when_any(SYS_clone, 0, k_new_namespaces, refuse_with(EPERM));
  // Its flags are in memory, out of the filter's sight; every libc falls back to clone(2).
  filter.add({SYS_clone3}, refuse_with(ENOSYS));
}

/// Other processes' memory and descriptors, keys, and the kernel's own machinery.
void refuse_introspection(FilterProgram& filter) {
  filter.add({SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise,
              SYS_pidfd_getfd, SYS_kcmp, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf,
              SYS_perf_event_open, SYS_userfaultfd, SYS_syslog, SYS_acct, k_lsm_get_self_attr,
              k_lsm_set_self_attr, k_lsm_list_modules},
             refuse_with(EPERM));
  filter.add({SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register}, refuse_with(ENOSYS));
}

void refuse_machine(FilterProgram& filter) {
  filter.add({SYS_reboot, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module,
              SYS_delete_module, SYS_settimeofday, SYS_clock_settime, SYS_sethostname,
              SYS_setdomainname, SYS_vhangup, SYS_move_pages, SYS_migrate_pages},
             refuse_with(EPERM));
#if defined(__x86_64__)
  filter.add({SYS_iopl, SYS_ioperm}, refuse_with(EPERM));
  // A segment of 16 or 32 bits is a way to another interface.
  filter.add({SYS_modify_ldt}, refuse_with(ENOSYS));
#endif
  // Words put into somebody's terminal.
  filter.add_when_equal(SYS_ioctl, 1, ~0U, TIOCSTI, refuse_with(EPERM));
  filter.add_when_equal(SYS_ioctl, 1, ~0U, TIOCLINUX, refuse_with(EPERM));
}

/// Local ones, the network of the sandbox, and the questions that a libc asks about it. The answers
/// to others are those of a kernel that was built without them: programs know how to do without.
void limit_sockets(FilterProgram& filter) {
  for (const long call : {SYS_socket, SYS_socketpair}) {
    filter.add_when_equal(call, 0, ~0U, AF_UNIX, SECCOMP_RET_ALLOW);
    filter.add_when_equal(call, 0, ~0U, AF_INET, SECCOMP_RET_ALLOW);
    filter.add_when_equal(call, 0, ~0U, AF_INET6, SECCOMP_RET_ALLOW);
    filter.add_unless_equal(call, 0, AF_NETLINK, refuse_with(EAFNOSUPPORT));
    filter.add_unless_equal(call, 2, NETLINK_ROUTE, refuse_with(EPROTONOSUPPORT));
  }
}

/// linux/ioprio.h: IOPRIO_WHO_USER, which the headers of some hosts do not have.
constexpr std::uint32_t k_io_priority_of_user = 3;

/// Calls that set something of another process, by the position of its number.
struct CallAboutOthers {
  long call;
  unsigned process; ///< the argument
};

constexpr CallAboutOthers k_calls_about_others[]{
    {SYS_prlimit64, 0},         {SYS_setpriority, 1},        {SYS_ioprio_set, 1},
    {SYS_sched_setparam, 0},    {SYS_sched_setscheduler, 0}, {SYS_sched_setattr, 0},
    {SYS_sched_setaffinity, 0},
};

void protect_guards(FilterProgram& filter, std::span<const pid_t> guards) {
  if (guards.empty()) return;
  for (const auto& [call, process] : k_calls_about_others) {
    for (const pid_t guard : guards) {
      filter.add_when_equal(call, process, ~0U, static_cast<std::uint32_t>(guard),
                            refuse_with(EPERM));
    }
  }
  // All processes of a user, the guards among them.
  filter.add_when_equal(SYS_setpriority, 0, ~0U, PRIO_USER, refuse_with(EPERM));
  filter.add_when_equal(SYS_ioprio_set, 0, ~0U, k_io_priority_of_user, refuse_with(EPERM));
}

} // namespace

void filter_calls_of_scripts(std::span<const pid_t> guards) {
  FilterProgram filter;
  refuse_mounts(filter);
  refuse_namespaces(filter);
  refuse_introspection(filter);
  refuse_machine(filter);
  limit_sockets(filter);
  protect_guards(filter, guards);
  // Speculation stays allowed: programs of one root have no secrets from each other, and without it
  // they are slower.
  if (filter.install(SECCOMP_RET_ALLOW, SECCOMP_FILTER_FLAG_SPEC_ALLOW) != 0)
    throw_cannot_enter("cannot limit", "system calls");
}

} // namespace imagewright::sandbox
