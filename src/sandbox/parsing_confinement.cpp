// SPDX-License-Identifier: MIT
#include "parsing_confinement.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capabilities.hpp"
#include "filter_program.hpp"
#include "mount_api.hpp"
#include "named_descriptors.hpp"

namespace imagewright::sandbox {

namespace {

/// A sanitizer keeps terabytes of addresses for itself, and talks to the kernel in its own ways.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool k_is_sanitized = true;
#else
constexpr bool k_is_sanitized = false;
#endif

/// A caller's own limit stays where it is lower: nobody but root could raise it.
void limit(__rlimit_resource resource, rlim_t value) {
  rlimit both{};
  if (::getrlimit(resource, &both) != 0) throw_cannot_enter("cannot ask for limits of", "a worker");
  both.rlim_max = std::min(both.rlim_max, value);
  both.rlim_cur = both.rlim_max;
  if (::setrlimit(resource, &both) != 0) throw_cannot_enter("cannot limit", "a worker");
}

void set_limits(const WorkerLimits& limits) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, limits.file_size.bytes());
  // Of all threads together, so more than the time that may pass.
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(limits.time).count();
  limit(RLIMIT_CPU, static_cast<rlim_t>(seconds) * 4 + 1);
  if (!k_is_sanitized) limit(RLIMIT_DATA, limits.memory.bytes());
}

/// All that a sanitizer leaves room for.
bool filter_names(Naming naming) {
  FilterProgram filter;
  filter.add_when_any(SYS_newfstatat, 3, AT_EMPTY_PATH, SECCOMP_RET_ALLOW);
  if (naming == Naming::given) trap_names(filter);
  return filter.install(SECCOMP_RET_ALLOW, SECCOMP_FILTER_FLAG_TSYNC) == 0;
}

/// Calls with which one computes, keeps memory, waits, and uses descriptors that are there.
bool filter_calls(Naming naming) {
  if (k_is_sanitized) return filter_names(naming);
  FilterProgram filter;
  // Only threads of this process; glibc asks for them by clone(2) when clone3(2) does not exist.
  filter.add_when_any(SYS_clone, 0, CLONE_THREAD, SECCOMP_RET_ALLOW);
  filter.add({SYS_clone3}, refuse_with(ENOSYS));
  // This process only: 0 is the caller.
  filter.add_when_equal(SYS_prlimit64, 0, ~0U, 0, SECCOMP_RET_ALLOW);
  filter.add_when_equal(SYS_prctl, 0, ~0U, PR_GET_DUMPABLE, SECCOMP_RET_ALLOW);
  filter.add_when_equal(SYS_prctl, 0, ~0U, PR_SET_NAME, SECCOMP_RET_ALLOW);
  // Of descriptors, not of names.
  filter.add_when_any(SYS_newfstatat, 3, AT_EMPTY_PATH, SECCOMP_RET_ALLOW);
  filter.add_when_any(SYS_statx, 2, AT_EMPTY_PATH, SECCOMP_RET_ALLOW);
  if (naming == Naming::given) trap_names(filter);
  filter.add({SYS_read,      SYS_readv,     SYS_pread64,  SYS_preadv,   SYS_preadv2,
              SYS_write,     SYS_writev,    SYS_pwrite64, SYS_lseek,    SYS_close,
              SYS_dup,       SYS_dup3,      SYS_fcntl,    SYS_fstat,    SYS_fstatfs,
              SYS_fadvise64, SYS_readahead, SYS_ioctl,    SYS_sendto,   SYS_recvfrom,
              SYS_sendmsg,   SYS_recvmsg,   SYS_ppoll,    SYS_pselect6, SYS_memfd_create,
              SYS_ftruncate, SYS_pipe2},
             SECCOMP_RET_ALLOW);
  filter.add({SYS_mmap,
              SYS_munmap,
              SYS_mprotect,
              SYS_mremap,
              SYS_madvise,
              SYS_brk,
              SYS_msync,
              SYS_futex,
              SYS_get_robust_list,
              SYS_set_robust_list,
              SYS_set_tid_address,
              SYS_rseq,
              SYS_membarrier,
              SYS_sched_yield,
              SYS_sched_getaffinity,
              SYS_getcpu,
              SYS_gettid,
              SYS_getpid,
              SYS_getppid,
              SYS_getuid,
              SYS_geteuid,
              SYS_getgid,
              SYS_getegid,
              SYS_uname,
              SYS_sysinfo,
              SYS_getrusage,
              SYS_times,
              SYS_getrandom,
              SYS_clock_gettime,
              SYS_clock_getres,
              SYS_clock_nanosleep,
              SYS_nanosleep,
              SYS_gettimeofday,
              SYS_restart_syscall,
              SYS_rt_sigaction,
              SYS_rt_sigprocmask,
              SYS_rt_sigreturn,
              SYS_sigaltstack,
              SYS_tgkill,
              SYS_exit,
              SYS_exit_group},
             SECCOMP_RET_ALLOW);
#if defined(__x86_64__)
  filter.add({SYS_poll, SYS_select, SYS_time, SYS_dup2, SYS_arch_prctl, SYS_pipe},
             SECCOMP_RET_ALLOW);
#endif
  // Libraries that look for a file of theirs are told that it is not for them, and go on.
  return filter.install(refuse_with(EACCES), SECCOMP_FILTER_FLAG_TSYNC) == 0;
}

} // namespace

void confine_for_parsing(const WorkerLimits& limits, Naming naming) {
  set_limits(limits);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    throw_cannot_enter("cannot confine", "a worker");
  const bool has_namespaces =
      ::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) == 0 ||
      ::unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) == 0;
  drop_all_capabilities();
  if (filter_calls(naming) || has_namespaces || k_is_sanitized) return;
  throw_cannot_enter("cannot confine", "a worker");
}

} // namespace imagewright::sandbox
