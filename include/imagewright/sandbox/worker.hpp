// SPDX-License-Identifier: MIT
#pragma once

// Work on what strangers made, done by this program started anew: with an empty environment, none
// of the caller's memory, and no descriptor but those that it was given.
//
// A job has a name and is found by it in the worker, so the job, its request and its answer are all
// that crosses the border; both are bytes that the module of the job encodes (byte_codec.hpp) and
// checks. A module that has jobs offers a function `worker_jobs()`; the program's main, and the
// main of each test program that reaches them, hands the lists to run_worker_if_asked first of all.

#include <chrono>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/error.hpp>

namespace imagewright::sandbox {

/// Sends texts from a job inside an image root to the handler outside, in order.
class MessageSender {
public:
  explicit MessageSender(int fd) : fd_(fd) {}
  /// Blocks until the handler has taken it. Throws base::Cancelled when nobody listens any more.
  void send(std::string_view text) const;

private:
  int fd_;
};

/// What a job is given.
struct WorkerCall {
  std::string_view request;
  /// In the order in which they were handed over; their numbers are others than the caller's. They
  /// stay open until the job has ended.
  std::span<const int> descriptors;
  /// For jobs inside an image root (Sandbox::call) alone.
  MessageSender messages;
  /// The image's root directory without what the sandbox mounts over it (/proc, /run, /tmp, …); -1
  /// outside of a root.
  int bare_root = -1;
};

/// A named piece of work. Gives its answer; exceptions come out again at the caller as base::Error,
/// base::Cancelled or base::BugError.
struct WorkerJob {
  std::string_view name;
  std::string (*run)(const WorkerCall&) = nullptr;
  /// Runs before the worker is confined, without the request: loads what a library needs from files
  /// of its own. May be null.
  void (*prepare)() = nullptr;
  /// For libraries that open what they read by its name: the names, absolute ones, of the
  /// descriptors of a worker that parses, in their order. There is no other name.
  std::span<const std::string_view> names = {};
};

/// What a worker may use.
struct WorkerLimits {
  base::ByteSize memory = base::ByteSize::mib(1024);
  std::chrono::milliseconds time = std::chrono::minutes(2);
  /// Of a file that it was given to write into, or makes in memory.
  base::ByteSize file_size = base::ByteSize::mib(1024);
};

/// Work of a worker that has nothing but descriptors.
struct WorkerRequest {
  std::string_view job;
  /// For messages, as a noun: "the metadata of the repository \"x\"".
  std::string subject;
  std::string request;
  /// Borrowed until the answer is there. Opened for reading alone they can be read and nothing
  /// else: a worker cannot open them anew.
  std::vector<int> descriptors;
  WorkerLimits limits;
};

/// Runs a job in a worker that can open no file, make no socket and start no process, and gives its
/// answer. An own network namespace and a filter of system calls keep it there, where the host has
/// them. Throws the base::Error that the job threw; sandbox.worker-died, sandbox.worker-timeout and
/// sandbox.worker-memory when it did not come to an end by itself; sandbox.worker-answer for
/// anything else that it threw, and for what is no answer: what strangers wrote may have made it do
/// so. Threads of the caller do no harm.
std::string run_in_worker(const WorkerRequest& request, const base::Cancellation& cancellation);

/// Throws sandbox.worker-answer as base::Error: what came from the worker that reads `subject` is
/// no answer.
[[noreturn]] void throw_no_answer(const std::string& subject, const std::string& why);

/// The answer of such a worker as a value. A worker that was taken over may answer anything, so
/// `decode` believes nothing: what it throws as base::BugError (as ByteReader does for bytes that
/// are not there), and what the standard library throws about sizes, is sandbox.worker-answer.
template <typename Decode>
auto decode_answer(const std::string& subject, std::string_view answer, const Decode& decode) {
  try {
    return decode(answer);
  } catch (const base::BugError& error) {
    throw_no_answer(subject, error.what());
  } catch (const std::logic_error& error) {
    throw_no_answer(subject, error.what());
  } catch (const std::bad_alloc&) {
    throw_no_answer(subject, "it would not fit into the memory");
  }
}

/// Asks, and decodes the answer so.
template <typename Decode>
auto ask_worker(const WorkerRequest& request, const base::Cancellation& cancellation,
                const Decode& decode) {
  return decode_answer(request.subject, run_in_worker(request, cancellation), decode);
}

/// To be called at the very start of main. When this process was started as a worker it does the
/// work, and gives the exit status that main shall return at once; nothing otherwise.
std::optional<int> run_worker_if_asked(int argument_count, char** arguments,
                                       std::span<const WorkerJob> jobs);

} // namespace imagewright::sandbox
