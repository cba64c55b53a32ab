// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <csignal>

#include <sys/syscall.h>
#include <unistd.h>

#include <imagewright/process/signals.hpp>

namespace imagewright::process {

namespace {

/// Of the kernel: signals are numbered from 1 to this, in a mask of one bit each.
constexpr int k_signal_count = 64;

/// The kernel's `struct sigaction` is at most this long on any architecture; all zero is SIG_DFL
/// without flags and without a mask.
constexpr std::size_t k_action_size = 64;

} // namespace

void restore_default_signals() noexcept {
  const std::array<unsigned char, k_action_size> plain{};
  for (int number = 1; number <= k_signal_count; ++number)
    ::syscall(SYS_rt_sigaction, number, plain.data(), nullptr, k_signal_count / 8);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

pid_t fork_with_default_signals() noexcept {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) {
    restore_default_signals();
    return pid;
  }
  const int error_number = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error_number;
  return pid;
}

} // namespace imagewright::process
