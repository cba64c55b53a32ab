// SPDX-License-Identifier: MIT
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <imagewright/process/start_state.hpp>

namespace imagewright::process {

namespace {

/// Without this the next file that is opened would become the standard output.
void open_closed_streams() noexcept {
  for (int stream = 0; stream <= 2; ++stream) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one. Without /dev/null there is nothing better, ignoring.
    (void)::open("/dev/null", stream == 0 ? O_RDONLY : O_WRONLY);
  }
}

void raise_descriptor_limit() noexcept {
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return;
  descriptors.rlim_cur = descriptors.rlim_max;
  // Some systems refuse their own maximum; the lower limit stays, ignoring.
  ::setrlimit(RLIMIT_NOFILE, &descriptors);
}

} // namespace

void settle_start_state(void (*stop)(int signal_number)) noexcept {
  open_closed_streams();
  raise_descriptor_limit();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  if (std::signal(SIGHUP, stop) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

} // namespace imagewright::process
