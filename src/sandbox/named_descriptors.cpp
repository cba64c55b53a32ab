// SPDX-License-Identifier: MIT
#include "named_descriptors.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

/// A handler of signals has no arguments of ours: the one value that it needs is written once,
/// before the first call comes to it.
struct GivenNames {
  std::span<const std::string_view> names;
  int first = -1;
};
GivenNames given;

/// A call of the kernel as the processor's registers hold it.
class StoppedCall {
public:
  explicit StoppedCall(void* context)
      : registers_(static_cast<ucontext_t*>(context)->uc_mcontext) {}

#if defined(__x86_64__)
  long argument(std::size_t index) const {
    constexpr int places[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10};
    return registers_.gregs[places[index]];
  }
  void give(long result) {
    registers_.gregs[REG_RAX] = result;
  }
#elif defined(__aarch64__)
  long argument(std::size_t index) const {
    return static_cast<long>(registers_.regs[index]);
  }
  void give(long result) {
    registers_.regs[0] = static_cast<unsigned long long>(result);
  }
#endif
  const char* text(std::size_t index) const {
    return reinterpret_cast<const char*>(argument(index));
  }

private:
  mcontext_t& registers_;
};

/// The descriptor of a name, or -1.
int find_descriptor(const char* name) {
  if (name == nullptr) return -1;
  const auto found = std::ranges::find(given.names, std::string_view(name));
  if (found == given.names.end()) return -1;
  return given.first + static_cast<int>(found - given.names.begin());
}

long result_of(long done) {
  return done < 0 ? -errno : done;
}

/// Each opening begins at the start of the file.
long open_name(const char* name, long flags) {
  const int descriptor = find_descriptor(name);
  if (descriptor < 0) return -ENOENT;
  if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0) return -EACCES;
  if (::lseek(descriptor, 0, SEEK_SET) < 0) return -errno;
  return result_of(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
}

long examine_name(const char* name, long place) {
  const int descriptor = find_descriptor(name);
  if (descriptor < 0) return -ENOENT;
  return result_of(::fstat(descriptor, reinterpret_cast<struct stat*>(place)));
}

void answer_call(int /*signal*/, siginfo_t* information, void* context) {
  const int interrupted_error = errno;
  StoppedCall call(context);
  switch (information->si_syscall) {
  case SYS_openat:
    call.give(open_name(call.text(1), call.argument(2)));
    break;
  case SYS_newfstatat:
    call.give(examine_name(call.text(1), call.argument(2)));
    break;
#if defined(__x86_64__)
  case SYS_open:
    call.give(open_name(call.text(0), call.argument(1)));
    break;
  case SYS_stat:
  case SYS_lstat:
    call.give(examine_name(call.text(0), call.argument(1)));
    break;
#endif
  default:
    call.give(-EACCES);
  }
  errno = interrupted_error;
}

} // namespace

void give_names(std::span<const std::string_view> names, int first) {
  given = {.names = names, .first = first};
  struct sigaction action {};
  action.sa_sigaction = &answer_call;
  // The answers make calls of their own, none of which comes here.
  action.sa_flags = SA_SIGINFO;
  if (::sigaction(SIGSYS, &action, nullptr) != 0)
    throw_cannot_enter("cannot set up the names of", "a worker");
}

void trap_names(FilterProgram& filter) {
  filter.add({SYS_openat, SYS_newfstatat}, SECCOMP_RET_TRAP);
#if defined(__x86_64__)
  filter.add({SYS_open, SYS_stat, SYS_lstat}, SECCOMP_RET_TRAP);
#endif
}

} // namespace imagewright::sandbox
