// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include <sys/auxv.h>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/cli/run.hpp>
#include <imagewright/pipeline/workers.hpp>

#include "stopping.hpp"

namespace {

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

} // namespace

int main(int argument_count, char** arguments) {
  const auto worker_status = imagewright::pipeline::run_worker_if_asked(argument_count, arguments);
  if (worker_status) return *worker_status;
  const imagewright::base::Cancellation& cancellation = imagewright::cli::stop_on_signals();
  return imagewright::cli::exit_code_for(
      imagewright::cli::run({.arguments = {arguments + 1, arguments + argument_count},
                             .environment = environment_variable,
                             .program = own_file(),
                             .final_code = imagewright::cli::exit_code_for},
                            cancellation));
}
