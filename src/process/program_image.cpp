// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/process/host_packages.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/process/program_image.hpp>
#include <imagewright/process/signals.hpp>

namespace imagewright::process {

namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

bool redirect(const StandardStreams& streams) noexcept {
  // First away from 0, 1 and 2, so that no dup2 overwrites a descriptor that is still needed.
  const int input = ::fcntl(streams.input, F_DUPFD_CLOEXEC, 3);
  const int output = ::fcntl(streams.output, F_DUPFD_CLOEXEC, 3);
  const int error = ::fcntl(streams.error, F_DUPFD_CLOEXEC, 3);
  return input >= 0 && output >= 0 && error >= 0 && ::dup2(input, STDIN_FILENO) >= 0 &&
         ::dup2(output, STDOUT_FILENO) >= 0 && ::dup2(error, STDERR_FILENO) >= 0;
}

} // namespace

ProgramImage::ProgramImage(const Command& command,
                           const std::map<std::string, std::string>& environment)
    : arguments_(command.argv), working_directory_(command.working_directory.string()) {
  IMAGEWRIGHT_ASSERT(!arguments_.empty());
  for (const auto& [name, value] : environment)
    variables_.push_back(name + "=" + value);
  if (arguments_.front().find('/') != std::string::npos) {
    candidates_.push_back(arguments_.front());
  } else {
    const auto path = environment.find("PATH");
    IMAGEWRIGHT_ASSERT(path != environment.end());
    for (const std::string& directory : base::split(path->second, ':')) {
      candidates_.push_back(directory + "/" + arguments_.front());
    }
  }
  if (working_directory_.empty()) working_directory_ = "/";
  argument_pointers_ = pointers_to(arguments_);
  variable_pointers_ = pointers_to(variables_);
}

StartFailure ProgramImage::execute(const StandardStreams& streams) const noexcept {
  restore_default_signals();
  ::umask(022);
  if (!redirect(streams)) return {StartStep::redirect, errno};
  if (::chdir(working_directory_.c_str()) != 0) return {StartStep::change_directory, errno};
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  StartFailure failure{StartStep::find_program, ENOENT};
  for (const std::string& candidate : candidates_) {
    if (::access(candidate.c_str(), F_OK) != 0) continue;
    ::execve(candidate.c_str(), argument_pointers_.data(), variable_pointers_.data());
    failure = {StartStep::execute, errno};
    if (errno != EACCES) break;
  }
  return failure;
}

fs::UniqueFd open_standard_input(const Command& command) {
  if (command.standard_input.empty()) return fs::open_for_reading("/dev/null");
  // A file in memory needs nobody to feed it, and the program may close or seek it as it likes.
  fs::UniqueFd file(::memfd_create("standard-input", MFD_CLOEXEC));
  if (!file) {
    base::throw_system_error("process.cannot-start", "cannot make a file in memory", "memfd",
                             errno);
  }
  fs::write_exactly(file.get(), std::as_bytes(std::span(command.standard_input)), 0,
                    "standard input");
  return file;
}

void throw_start_failure(const Command& command, const StartFailure& failure) {
  const std::string program = base::quoted(command.argv.front());
  const std::string reason = std::strerror(failure.error_number);
  switch (failure.step) {
  case StartStep::find_program:
    throw base::Error(base::FailureKind::host, "process.missing-tool",
                      fmt::format("the program {} does not exist", program),
                      how_to_install(command.argv.front()));
  case StartStep::redirect:
    throw base::Error(base::FailureKind::host, "process.cannot-start",
                      fmt::format("cannot set up the outputs of {}: {}", program, reason));
  case StartStep::change_directory:
    throw base::Error(base::FailureKind::build, "process.cannot-start",
                      fmt::format("cannot start {} in the directory {}: {}", program,
                                  base::quoted(command.working_directory.string()), reason));
  case StartStep::execute:
    break;
  }
  throw base::Error(base::FailureKind::build, "process.cannot-start",
                    fmt::format("cannot start the program {}: {}", program, reason),
                    failure.error_number == ENOENT ? "its interpreter does not exist"
                    : failure.error_number == ENOEXEC
                        ? "it is made for another architecture, or it is a script without a first "
                          "line that names its interpreter"
                        : "");
}

} // namespace imagewright::process
