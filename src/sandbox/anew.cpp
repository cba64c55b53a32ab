// SPDX-License-Identifier: MIT
#include "anew.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/process/signals.hpp>
#include <imagewright/sandbox/error_codec.hpp>

#include "channel.hpp"
#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

/// Everything of the child, laid out before the fork: between it and exec nothing may allocate.
struct Child {
  const AnewStart& start;
  pid_t parent = -1;
  std::vector<int> wanted; ///< in the order of the numbers that they shall have
  std::vector<int> safe;
  std::array<const char*, 4> arguments{};
};

/// First away from the low numbers, so that no duplicate overwrites a descriptor that is still
/// needed.
bool place_descriptors(Child& child) noexcept {
  const int count = static_cast<int>(child.wanted.size());
  for (int index = 0; index < count; ++index) {
    const auto place = static_cast<std::size_t>(index);
    child.safe[place] = ::fcntl(child.wanted[place], F_DUPFD_CLOEXEC, count);
    if (child.safe[place] < 0) return false;
  }
  for (int index = 0; index < count; ++index) {
    if (::dup2(child.safe[static_cast<std::size_t>(index)], index) < 0) return false;
  }
  return ::close_range(static_cast<unsigned>(count), ~0U, 0) == 0;
}

/// The child's whole life before it is another program. Ends with the step that failed.
[[noreturn]] void become_anew(Child& child) noexcept {
  ::setpgid(0, 0);
  die_with(child.parent);
  ::umask(022);
  const char* failed = "set up the descriptors of";
  if (place_descriptors(child)) {
    try {
      if (child.start.before != nullptr) child.start.before(k_channel);
    } catch (const std::exception& exception) {
      report_failure(k_channel, exception);
      ::_exit(1);
    }
    // Changing ids makes the kernel forget this.
    die_with(child.parent);
    char* const environment[] = {nullptr};
    ::execve("/proc/self/exe", const_cast<char* const*>(child.arguments.data()), environment);
    failed = "start";
    send_start_failure(k_channel, failed, errno);
  } else {
    send_start_failure(child.start.channel, failed, errno);
  }
  ::_exit(1);
}

} // namespace

void die_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
}

pid_t start_anew(const AnewStart& start) {
  Child child{.start = start, .parent = ::getpid(), .wanted = {}, .safe = {}, .arguments = {}};
  child.wanted = {start.streams.input, start.streams.output, start.streams.error, start.channel};
  child.wanted.insert(child.wanted.end(), start.descriptors.begin(), start.descriptors.end());
  child.safe.resize(child.wanted.size(), -1);
  child.arguments = {"imagewright-worker", k_worker_argument, start.role, nullptr};
  const pid_t pid = process::fork_with_default_signals();
  if (pid < 0) throw_cannot_enter("cannot fork for", "a worker");
  if (pid == 0) become_anew(child);
  // On both sides: whoever comes first, the group is there when it is needed.
  ::setpgid(pid, pid);
  return pid;
}

} // namespace imagewright::sandbox
