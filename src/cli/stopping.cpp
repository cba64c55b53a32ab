// SPDX-License-Identifier: MIT
#include "stopping.hpp"

#include <csignal>

#include <imagewright/process/start_state.hpp>

#include "exit_code.hpp"

namespace imagewright::cli {

namespace {

// A signal handler can reach nothing but globals; these are the only ones.
base::Cancellation cancellation;
volatile std::sig_atomic_t stopping_signal = 0;

void request_stop(int signal_number) {
  stopping_signal = signal_number;
  cancellation.request();
  // The second signal ends the program at once.
  std::signal(signal_number, SIG_DFL);
}

} // namespace

const base::Cancellation& stop_on_signals() {
  process::settle_start_state(request_stop);
  return cancellation;
}

int exit_code_for(int code) {
  constexpr int k_signal_base = 128;
  const bool is_stopped = code == static_cast<int>(ExitCode::interrupted) && stopping_signal != 0;
  return is_stopped ? k_signal_base + stopping_signal : code;
}

} // namespace imagewright::cli
