// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <new>
#include <thread>

#include <poll.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/process/supervision.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/worker.hpp>

#include "anew.hpp"
#include "channel.hpp"
#include "launch.hpp"
#include "worker_codec.hpp"

namespace imagewright::sandbox {

namespace {

using Clock = std::chrono::steady_clock;

/// How long a wish to stop may go unnoticed.
constexpr std::chrono::milliseconds k_attention{100};
/// Between looks at a process that has said its last word and should end at once.
constexpr std::chrono::milliseconds k_moment{1};
constexpr const char* k_hint = "the data may be damaged, or made to do harm: use it only if you "
                               "trust its source, and report it there";

[[noreturn]] void throw_died(const std::string& subject, int status) {
  const std::string how = WIFSIGNALED(status) ? fmt::format("signal {} ({})", WTERMSIG(status),
                                                            ::strsignal(WTERMSIG(status)))
                                              : fmt::format("exit status {}", WEXITSTATUS(status));
  throw base::Error(base::FailureKind::build, "sandbox.worker-died",
                    fmt::format("the worker that reads {} ended with {}", subject, how), k_hint);
}

[[noreturn]] void throw_timeout(const WorkerRequest& request) {
  throw base::Error(base::FailureKind::build, "sandbox.worker-timeout",
                    fmt::format("the worker that reads {} did not end within {:.1f} s",
                                request.subject,
                                std::chrono::duration<double>(request.limits.time).count()),
                    k_hint);
}

/// One worker at work; made to end when this goes.
class Worker {
public:
  explicit Worker(const WorkerRequest& request)
      : request_(request), channel_(make_channel()), null_(fs::open_for_writing("/dev/null")),
        child_(start_anew({.role = k_parsing_role,
                           .streams = {null_.get(), null_.get(), null_.get()},
                           .channel = channel_.inside.get(),
                           .descriptors = request.descriptors})),
        reader_(channel_.outside.get(), k_largest_answer) {
    channel_.inside.reset();
  }

  std::string run(const base::Cancellation& cancellation) {
    const auto deadline = Clock::now() + request_.limits.time;
    ask();
    while (true) {
      cancellation.check();
      if (auto record = receive(deadline)) return result_of(std::move(*record));
      if (is_over_ && has_ended()) throw_died(request_.subject, child_.wait());
      if (Clock::now() >= deadline) throw_timeout(request_);
    }
  }

private:
  void ask() {
    try {
      send_record(channel_.outside.get(), RecordKind::request, encode(request_));
    } catch (const base::Error&) {
      // It ended already: why is in the channel, or in its status, ignoring.
    }
  }

  /// The next record, when one is complete within a moment.
  std::optional<Record> receive(Clock::time_point deadline) {
    if (is_over_) {
      std::this_thread::sleep_for(k_moment);
      return std::nullopt;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const auto wait = std::clamp(left, std::chrono::milliseconds{0}, k_attention);
    pollfd polled{channel_.outside.get(), POLLIN, 0};
    if (process::poll_or_throw(std::span(&polled, 1), wait) == 0) return std::nullopt;
    auto record = reader_.receive(Waiting::none);
    is_over_ = !record && (polled.revents & POLLHUP) != 0;
    return record;
  }

  /// Whether the request names a file, as one of its texts or as the whole of it.
  bool is_named(const std::string& file) const {
    return request_.request == file ||
           request_.request.find(ByteWriter().text(file).take()) != std::string::npos;
  }

  /// It may have closed its end of the channel, and live on.
  bool has_ended() const {
    siginfo_t end{};
    const int status =
        ::waitid(P_PID, static_cast<id_t>(child_.pid()), &end, WEXITED | WNOWAIT | WNOHANG);
    return status != 0 || end.si_pid != 0;
  }

  /// A worker has one thing to say, and whatever else it says is no answer.
  std::string result_of(Record record) const {
    throw_if_failed(record);
    if (record.kind == RecordKind::function_result) return std::move(record.payload);
    throw_no_answer(request_.subject, "it says what no worker has to say");
  }

  void throw_if_failed(const Record& record) const {
    try {
      throw_if_setup_failed(record, [&](const std::string& file) { return is_named(file); });
    } catch (base::Error& error) {
      error.add_context("while reading " + request_.subject);
      throw;
    } catch (const base::Cancelled&) {
      // Nobody else can stop a worker than this process.
      throw_no_answer(request_.subject, "it stopped by itself");
    } catch (const base::BugError& error) {
      throw_no_answer(request_.subject, error.what());
    } catch (const std::bad_alloc&) {
      // One that has no memory left says so as an error.
      throw_no_answer(request_.subject, "it speaks of memory that is not its own");
    }
  }

  const WorkerRequest& request_;
  Channel channel_;
  fs::UniqueFd null_;
  process::ChildProcess child_;
  RecordReader reader_;
  bool is_over_ = false;
};

} // namespace

void throw_no_answer(const std::string& subject, const std::string& why) {
  throw base::Error(base::FailureKind::build, "sandbox.worker-answer",
                    fmt::format("the worker that reads {} gave no answer: {}", subject, why),
                    k_hint);
}

std::string run_in_worker(const WorkerRequest& request, const base::Cancellation& cancellation) {
  cancellation.check();
  return Worker(request).run(cancellation);
}

} // namespace imagewright::sandbox
