// SPDX-License-Identifier: MIT
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <sys/prctl.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/process/program_image.hpp>
#include <imagewright/process/supervision.hpp>

namespace imagewright::process {

namespace {

std::map<std::string, std::string> complete_environment(const Command& command) {
  std::map<std::string, std::string> environment = command.environment;
  environment.emplace("PATH", k_program_path);
  for (const std::string& name : command.inherited_environment) {
    if (const char* value = ::secure_getenv(name.c_str())) environment.emplace(name, value);
  }
  return environment;
}

/// The child's side: becomes the program or reports why not.
[[noreturn]] void become(const ProgramImage& image, const StandardStreams& streams, int report,
                         pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  const StartFailure failure = image.execute(streams);
  // A report that cannot be written ends as a pipe without content: the parent then sees exit
  // status 127.
  if (::write(report, &failure, sizeof failure) < 0) ::_exit(127);
  ::_exit(127);
}

/// Waits until the program has begun.
void require_start(const Command& command, int report) {
  StartFailure failure;
  ssize_t count = 0;
  do {
    count = ::read(report, &failure, sizeof failure);
  } while (count < 0 && errno == EINTR);
  if (count == static_cast<ssize_t>(sizeof failure)) throw_start_failure(command, failure);
}

} // namespace

CommandResult HostCommandRunner::run(const Command& command) {
  cancellation_.check();
  IMAGEWRIGHT_ASSERT(!command.argv.empty());
  Command found = command;
  found.argv.front() = program(command.argv.front()).string();
  const ProgramImage image(found, complete_environment(command));
  const fs::UniqueFd input = open_standard_input(command);
  Pipe output = make_pipe();
  Pipe error = make_pipe();
  Pipe report = make_pipe();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0)
    base::throw_system_error("process.cannot-start", "cannot fork for", command.argv.front(),
                             errno);
  if (pid == 0) {
    become(image, {input.get(), output.write_end.get(), error.write_end.get()},
           report.write_end.get(), parent);
  }
  ::setpgid(pid, pid);
  ChildProcess child(pid);
  output.write_end.reset();
  error.write_end.reset();
  report.write_end.reset();
  require_start(command, report.read_end.get());
  return supervise(command, std::move(child),
                   {std::move(output.read_end), std::move(error.read_end)}, cancellation_);
}

} // namespace imagewright::process
