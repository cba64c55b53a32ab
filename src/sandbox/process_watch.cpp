// SPDX-License-Identifier: MIT
#include "process_watch.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <memory>

#include <dirent.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

/// A fork bomb makes some hundred processes in this time.
constexpr timespec k_interval{.tv_sec = 0, .tv_nsec = 50'000'000};

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, DirectoryCloser>;

std::size_t count_processes(DIR* processes) {
  ::rewinddir(processes);
  std::size_t count = 0;
  while (const dirent* entry = ::readdir(processes)) {
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') ++count;
  }
  return count;
}

void require_few(DIR* processes) {
  if (count_processes(processes) <= k_most_processes) return;
  throw base::Error(
      base::FailureKind::build, "sandbox.too-many-processes",
      fmt::format("a program in the image root started more than {} processes", k_most_processes),
      "report it to whoever builds the package or wrote the script");
}

} // namespace

int wait_for_worker(pid_t worker) {
  const Directory processes(::opendir("/proc"));
  if (!processes) throw_cannot_enter("cannot open", "/proc");
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGCHLD);
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended == worker) return status;
    if (ended < 0 && errno != EINTR) return -1;
    if (ended != 0) continue;
    require_few(processes.get());
    ::sigtimedwait(&signals, nullptr, &k_interval);
  }
}

} // namespace imagewright::sandbox
