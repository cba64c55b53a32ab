// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <ratio>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/sandbox/error_codec.hpp>
#include <imagewright/sandbox/sandbox.hpp>
#include <imagewright/sandbox/worker.hpp>

#include "launch.hpp"

namespace imagewright::sandbox {

namespace {

/// How long a wish to stop may go unnoticed.
constexpr std::chrono::milliseconds k_attention{100};

/// How much it may say before time and the wish to stop are looked at again.
constexpr int k_records_at_once = 64;

/// Whatever it says meanwhile.
constexpr std::chrono::hours k_longest{6};

constexpr const char* k_subject = "packages inside of the image's root";

/// The outside of one call: delivers output and messages in order, and watches the time.
class CallSupervisor {
public:
  CallSupervisor(Launched launched, fs::UniqueFd output, CallHandler& handler)
      : launched_(std::move(launched)), output_(std::move(output)), handler_(handler),
        reader_(launched_.channel.get(), k_largest_answer) {
    process::stop_blocking(output_.get());
    end_ = fs::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, launched_.child.pid(), 0)));
    if (!end_) base::throw_system_error("sandbox.cannot-enter", "cannot watch", "a process", errno);
  }

  std::string run(const base::Cancellation& cancellation) {
    while (!wait_a_moment()) {
      cancellation.check();
      take_in(k_records_at_once);
      const auto now = CallHandler::TimePoint::clock::now();
      const auto deadline = handler_.deadline();
      if (deadline && now >= *deadline) give_up();
      if (now >= last_end_) throw_endless();
    }
    launched_.child.wait();
    // What is left has an end.
    take_in(std::numeric_limits<int>::max());
    if (!result_) throw_died("the job had ended", launched_.memory_kills);
    return std::move(*result_);
  }

private:
  /// True when the child has ended.
  bool wait_a_moment() {
    std::array<pollfd, 3> polled{pollfd{end_.get(), POLLIN, 0},
                                 pollfd{launched_.channel.get(), POLLIN, 0},
                                 pollfd{output_.get(), POLLIN, 0}};
    auto wait = k_attention;
    if (const auto deadline = handler_.deadline()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          *deadline - CallHandler::TimePoint::clock::now());
      wait = std::clamp(left, std::chrono::milliseconds{0}, wait);
    }
    return process::poll_or_throw(polled, wait) > 0 && polled[0].revents != 0;
  }

  void take_in(int most) {
    for (int count = 0; count < most; ++count) {
      const auto record = reader_.receive(Waiting::none);
      // What was written before the record was sent is in the pipe by now.
      drain_output();
      if (!record) return;
      take(*record);
    }
  }

  void take(const Record& record) {
    throw_if_setup_failed(record);
    if (record.kind == RecordKind::message) {
      decode_answer(k_subject, record.payload,
                    [&](std::string_view text) { handler_.on_message(text); });
      send_sign(launched_.channel.get(), RecordKind::message_taken);
    }
    if (record.kind == RecordKind::function_result) result_ = record.payload;
  }

  void drain_output() {
    std::array<char, 65536> buffer;
    for (int rounds = 0; output_ && rounds < 64; ++rounds) {
      const ssize_t count = ::read(output_.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        output_.reset();
        return;
      }
      handler_.on_output(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    }
  }

  [[noreturn]] static void throw_endless() {
    throw base::Error(
        base::FailureKind::build, "sandbox.worker-timeout",
        fmt::format("the worker that reads {} did not end within {:.0f} hours", k_subject,
                    std::chrono::duration<double, std::ratio<3600>>(k_longest).count()),
        "a package may be made to do harm: use it only if you trust its source, and "
        "report it there");
  }

  [[noreturn]] void give_up() {
    launched_.child.kill();
    launched_.child.wait();
    drain_output();
    handler_.on_deadline();
    throw base::BugError("a handler did not say what a missed deadline means");
  }

  Launched launched_;
  fs::UniqueFd output_;
  fs::UniqueFd end_;
  CallHandler& handler_;
  RecordReader reader_;
  CallHandler::TimePoint last_end_ = CallHandler::TimePoint::clock::now() + k_longest;
  std::optional<std::string> result_;
};

} // namespace

std::string Sandbox::call(const InsideCall& wanted, CallHandler& handler) {
  cancellation_.check();
  const fs::UniqueFd input = fs::open_for_reading("/dev/null");
  process::Pipe output = process::make_pipe();
  Launched launched =
      launch(options_,
             {.streams = {input.get(), output.write_end.get(), output.write_end.get()},
              .descriptors = wanted.descriptors,
              .work = JobWork{std::string(wanted.job), wanted.request, wanted.descriptors.size()}});
  output.write_end.reset();
  return CallSupervisor(std::move(launched), std::move(output.read_end), handler)
      .run(cancellation_);
}

} // namespace imagewright::sandbox
