// SPDX-License-Identifier: MIT
#pragma once

// Watching over a child process: its outputs, its time, and the wish to stop. What
// HostCommandRunner and the sandbox share.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/types.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/process/command.hpp>

namespace imagewright::process {

/// How a child is made to end.
enum class Ending : std::uint8_t {
  kill_group, ///< SIGKILL to its whole process group
  ask,        ///< SIGTERM to it alone; it ends what it started, then itself
};

/// A child process that is made to end, and reaped, when its owner goes.
class ChildProcess {
public:
  /// Takes over a child of this process that leads its own process group.
  explicit ChildProcess(pid_t pid, Ending ending = Ending::kill_group)
      : pid_(pid), ending_(ending) {}
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  /// Makes it end.
  void kill() const noexcept;
  /// Waits for its end. Gives the status of waitpid(2). Call once.
  int wait();

private:
  pid_t pid_ = -1;
  Ending ending_ = Ending::kill_group;
};

/// A pipe, both ends closed on exec.
struct Pipe {
  fs::UniqueFd read_end;
  fs::UniqueFd write_end;
};

/// Throws base::Error (process.cannot-start).
Pipe make_pipe();

/// poll(2) for at most that long: how many are ready, none when a signal came. Throws
/// std::system_error when this host refuses, as a loop around it would never end.
std::size_t poll_or_throw(std::span<pollfd> polled, std::chrono::milliseconds longest);

/// Reading from it never waits from now on. Throws std::system_error.
void stop_blocking(int fd);

/// Keeps the last bytes of an output that may be endless.
class OutputTail {
public:
  explicit OutputTail(base::ByteSize limit) : limit_(limit.bytes()) {}

  void append(std::string_view text);
  /// The kept bytes.
  std::string text() const;
  void clear() { kept_.clear(); }

private:
  std::size_t limit_;
  std::string kept_;
};

/// The parent's ends of the pipes to which a child writes.
struct ChildPipes {
  fs::UniqueFd standard_output;
  fs::UniqueFd standard_error;
};

/// Drains the pipes until the child has ended, within the command's timeout. Kills the
/// child's group when time is up, when the watcher says so, and when it is cancelled (then throws
/// base::Cancelled). `exit_code` and `signal` of the result are as waitpid reports them for the
/// child.
CommandResult supervise(const Command& command, ChildProcess child, ChildPipes pipes,
                        const base::Cancellation& cancellation);

} // namespace imagewright::process
