// SPDX-License-Identifier: MIT
#include <cerrno>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/process/attached_process.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/process/signals.hpp>

namespace imagewright::process {

namespace {

constexpr int k_cannot_execute = 127;

[[noreturn]] void become(const char* path, char* const* arguments, Attachment attachment,
                         pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(k_cannot_execute);
  if (attachment == Attachment::silent) {
    ::setpgid(0, 0);
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      ::dup2(nothing, fd);
  }
  ::execv(path, arguments);
  ::_exit(k_cannot_execute);
}

pid_t start(const std::vector<std::string>& argv, Attachment attachment) {
  IMAGEWRIGHT_ASSERT(!argv.empty());
  const std::string path = program(argv.front()).string();
  std::vector<std::string> words = argv;
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  // Under nohup(1) neither ends at the end of the terminal.
  struct sigaction at_hangup {};
  const bool ignores_hangup =
      ::sigaction(SIGHUP, nullptr, &at_hangup) == 0 && at_hangup.sa_handler == SIG_IGN;
  const pid_t pid = fork_with_default_signals();
  if (pid == 0 && ignores_hangup) std::signal(SIGHUP, SIG_IGN);
  if (pid < 0) base::throw_system_error("process.cannot-start", "cannot fork for", path, errno);
  if (pid == 0) become(path.c_str(), arguments.data(), attachment, parent);
  if (attachment == Attachment::silent) ::setpgid(pid, pid);
  return pid;
}

} // namespace

AttachedProcess::AttachedProcess(const std::vector<std::string>& argv, Attachment attachment)
    // One in our own group must not be killed by its group.
    : child_(start(argv, attachment),
             attachment == Attachment::silent ? Ending::kill_group : Ending::ask) {}

std::optional<int> AttachedProcess::wait_for(std::chrono::milliseconds duration) {
  constexpr std::chrono::milliseconds k_slice{20};
  const auto deadline = std::chrono::steady_clock::now() + duration;
  while (!exit_code_) {
    siginfo_t end{};
    if (::waitid(P_PID, static_cast<id_t>(child_.pid()), &end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        end.si_pid != 0) {
      const int status = child_.wait();
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (std::chrono::steady_clock::now() >= deadline) {
      break;
    } else {
      std::this_thread::sleep_for(k_slice);
    }
  }
  return exit_code_;
}

int AttachedProcess::wait(const base::Cancellation& cancellation) {
  constexpr std::chrono::milliseconds k_attention{100};
  while (true) {
    if (const auto code = wait_for(k_attention)) return *code;
    cancellation.check();
  }
}

} // namespace imagewright::process
