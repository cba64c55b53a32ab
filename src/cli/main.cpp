// SPDX-License-Identifier: MIT
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/cli/run.hpp>
#include <imagewright/pipeline/workers.hpp>
#include <imagewright/process/start_state.hpp>

namespace {

// A signal handler can reach nothing but a global; this is the only one.
imagewright::base::Cancellation cancellation;

void request_stop(int signal_number) {
  cancellation.request();
  // The second signal ends the program at once.
  std::signal(signal_number, SIG_DFL);
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

} // namespace

int main(int argument_count, char** arguments) {
  const auto worker_status = imagewright::pipeline::run_worker_if_asked(argument_count, arguments);
  if (worker_status) return *worker_status;
  imagewright::process::settle_start_state(request_stop);
  return imagewright::cli::run({.arguments = {arguments + 1, arguments + argument_count},
                                .environment = environment_variable},
                               cancellation);
}
