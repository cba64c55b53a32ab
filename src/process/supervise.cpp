// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/process/supervision.hpp>

namespace imagewright::process {

namespace {

using Clock = std::chrono::steady_clock;

/// How long a wish to stop may go unnoticed.
constexpr std::chrono::milliseconds k_attention{100};

constexpr std::string_view k_end_of_log = "\n[what was said after this is not kept]\n";

/// One output of the child: kept, logged, watched.
struct Output {
  fs::UniqueFd fd;
  OutputTail tail;
};

class Supervisor {
public:
  Supervisor(const Command& command, ChildProcess child, ChildPipes pipes)
      : command_(command), child_(std::move(child)),
        started_(Clock::now()), outputs_{Output{std::move(pipes.standard_output),
                                                OutputTail(command.output_limit)},
                                         Output{std::move(pipes.standard_error),
                                                OutputTail(command.output_limit)}} {
    for (const Output& output : outputs_)
      stop_blocking(output.fd.get());
    open_log();
    end_ = fs::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, child_.pid(), 0)));
    if (!end_) base::throw_system_error("process.cannot-start", "cannot watch", "a process", errno);
  }

  CommandResult run(const base::Cancellation& cancellation) {
    while (!has_ended()) {
      cancellation.check();
      if (!is_killed_ && command_.timeout && Clock::now() - started_ >= *command_.timeout) {
        result_.is_timed_out = true;
        kill();
      }
    }
    const int status = child_.wait();
    for (Output& output : outputs_)
      drain(output);
    return finish(status);
  }

private:
  void open_log() {
    if (command_.log_file.empty()) return;
    log_ = fs::UniqueFd(
        ::open(command_.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!log_) {
      base::throw_system_error("process.cannot-log", "cannot write the log",
                               command_.log_file.string(), errno);
    }
  }

  void kill() {
    is_killed_ = true;
    child_.kill();
  }

  /// Waits until something happens, for a moment, and takes in what there is.
  bool has_ended() {
    std::array<pollfd, 3> polled{pollfd{end_.get(), POLLIN, 0},
                                 pollfd{outputs_[0].fd.get(), POLLIN, 0},
                                 pollfd{outputs_[1].fd.get(), POLLIN, 0}};
    auto wait = k_attention;
    if (command_.timeout && !is_killed_) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(started_ + *command_.timeout - Clock::now());
      wait = std::clamp(left, std::chrono::milliseconds{0}, wait);
    }
    if (poll_or_throw(polled, wait) == 0) {
      watch({}); // an empty text now and then lets a watcher show that time passes
      return false;
    }
    for (std::size_t index = 0; index < outputs_.size(); ++index) {
      if (polled[index + 1].revents != 0) drain(outputs_[index]);
    }
    return polled[0].revents != 0;
  }

  /// Reads what is there without waiting, but not for ever: others want attention too.
  void drain(Output& output) {
    std::array<char, 65536> buffer;
    for (int rounds = 0; output.fd && rounds < 64; ++rounds) {
      const ssize_t count = ::read(output.fd.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        output.fd.reset();
        return;
      }
      take(output, std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    }
  }

  void take(Output& output, std::string_view text) {
    output.tail.append(text);
    if (log_) log(text);
    watch(text);
  }

  void watch(std::string_view text) {
    if (!command_.watch_output || result_.is_stopped_by_watch ||
        command_.watch_output(text) != Watch::stop)
      return;
    result_.is_stopped_by_watch = true;
    kill();
  }

  /// A program without an end to its output fills no disk.
  void log(std::string_view text) {
    const std::uint64_t room = k_largest_log.bytes() - std::min(logged_, k_largest_log.bytes());
    if (room == 0) return;
    logged_ += text.size();
    write_log(text.substr(0, room));
    if (logged_ >= k_largest_log.bytes()) write_log(k_end_of_log);
  }

  void write_log(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(log_.get(), text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        base::throw_system_error("process.cannot-log", "cannot write the log",
                                 command_.log_file.string(), errno);
      }
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  CommandResult finish(int status) {
    result_.argv = command_.argv;
    result_.description = command_.description;
    if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
    result_.standard_output = outputs_[0].tail.text();
    result_.standard_error = outputs_[1].tail.text();
    result_.duration =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
    result_.log_file = command_.log_file;
    return std::move(result_);
  }

  const Command& command_;
  ChildProcess child_;
  Clock::time_point started_;
  std::array<Output, 2> outputs_;
  fs::UniqueFd log_;
  std::uint64_t logged_ = 0; ///< bytes, or would have been
  fs::UniqueFd end_;
  bool is_killed_ = false;
  CommandResult result_;
};

} // namespace

CommandResult supervise(const Command& command, ChildProcess child, ChildPipes pipes,
                        const base::Cancellation& cancellation) {
  return Supervisor(command, std::move(child), std::move(pipes)).run(cancellation);
}

} // namespace imagewright::process
