// SPDX-License-Identifier: MIT
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/process/supervision.hpp>

namespace imagewright::process {

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), ending_(other.ending_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(ending_, other.ending_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  kill();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void ChildProcess::kill() const noexcept {
  if (pid_ < 0) return;
  if (ending_ == Ending::ask) {
    ::kill(pid_, SIGTERM);
    return;
  }
  // The process itself as well: it may have left the group that it led.
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
}

int ChildProcess::wait() {
  IMAGEWRIGHT_ASSERT(pid_ >= 0);
  siginfo_t end{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOWAIT) < 0) {
    if (errno == ECHILD) throw base::BugError("a child process was reaped by somebody else");
    if (errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "cannot wait for a process");
  }
  // What it left behind in its group goes with it. Before it is reaped, so that the number cannot
  // belong to another group yet.
  if (ending_ == Ending::kill_group) ::kill(-pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    base::throw_system_error("process.cannot-start", "cannot make a pipe", "pipe", errno);
  }
  return {fs::UniqueFd(ends[0]), fs::UniqueFd(ends[1])};
}

std::size_t poll_or_throw(std::span<pollfd> polled, std::chrono::milliseconds longest) {
  const int count = ::poll(polled.data(), polled.size(), static_cast<int>(longest.count()));
  if (count >= 0) return static_cast<std::size_t>(count);
  // Whoever interrupts wants attention.
  if (errno == EINTR) return 0;
  throw std::system_error(errno, std::generic_category(), "cannot wait for processes");
}

void stop_blocking(int fd) {
  if (::fcntl(fd, F_SETFL, O_NONBLOCK) == 0) return;
  throw std::system_error(errno, std::generic_category(), "cannot read from processes");
}

} // namespace imagewright::process
