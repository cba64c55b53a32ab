// SPDX-License-Identifier: MIT
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <sys/auxv.h>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/cli/run.hpp>
#include <imagewright/pipeline/workers.hpp>
#include <imagewright/process/start_state.hpp>

namespace {

// A signal handler can reach nothing but globals; these are the only ones.
imagewright::base::Cancellation cancellation;
volatile std::sig_atomic_t stopping_signal = 0;

void request_stop(int signal_number) {
  stopping_signal = signal_number;
  cancellation.request();
  // The second signal ends the program at once.
  std::signal(signal_number, SIG_DFL);
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

/// Where /proc is not mounted, the kernel's note of what was executed says it (getauxval(3)).
std::filesystem::path own_file() {
  std::error_code unknown;
  std::filesystem::path file = std::filesystem::read_symlink("/proc/self/exe", unknown);
  const auto* executed = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  if (unknown && executed != nullptr) file = std::filesystem::absolute(executed, unknown);
  return file;
}

/// As a shell tells it: 128 and the number of the signal.
int exit_code_for(int code) {
  constexpr int k_interrupted = 130;
  constexpr int k_signal_base = 128;
  return code == k_interrupted && stopping_signal != 0 ? k_signal_base + stopping_signal : code;
}

} // namespace

int main(int argument_count, char** arguments) {
  const auto worker_status = imagewright::pipeline::run_worker_if_asked(argument_count, arguments);
  if (worker_status) return *worker_status;
  imagewright::process::settle_start_state(request_stop);
  return exit_code_for(
      imagewright::cli::run({.arguments = {arguments + 1, arguments + argument_count},
                             .environment = environment_variable,
                             .program = own_file()},
                            cancellation));
}
