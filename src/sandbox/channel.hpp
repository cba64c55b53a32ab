// SPDX-License-Identifier: MIT
#pragma once

// Records between the outside of a sandbox and its inside, over one socket that keeps their
// borders.

#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::sandbox {

enum class RecordKind : std::uint8_t {
  wants_id_maps, ///< the user namespace is there
  id_maps_done,
  request,      ///< what a worker shall do, encoded
  not_started,  ///< the step that failed before a worker began, and its error number
  setup_failed, ///< an encoded exception
  start_failed, ///< a process::StartFailure
  message,      ///< from a function
  message_taken,
  function_result,
  function_failed, ///< an encoded exception
  ended,           ///< the status of waitpid(2), as a number
};

struct Record {
  RecordKind kind = RecordKind::ended;
  std::string payload;
};

/// Two connected sockets, closed on exec.
struct Channel {
  fs::UniqueFd outside;
  fs::UniqueFd inside;
};

Channel make_channel();

/// What no honest answer reaches: the files of the largest system that is known, in words, many
/// times.
inline constexpr std::size_t k_largest_answer = std::size_t{1} << 30U;

/// Blocks until it is on its way. Throws base::Error when the other side is gone, and
/// std::system_error when this host refuses; the other side then waits for what is missing until
/// `close_for_sending`, or until the socket is closed.
void send_record(int fd, RecordKind kind, std::string_view payload);

/// For a record without payload to a process that may have stopped to read: throws base::Error
/// (sandbox.worker-answer) rather than wait for it.
void send_sign(int fd, RecordKind kind);

/// Nothing more comes from here; what the other side says can still be read.
void close_for_sending(int fd) noexcept;

/// For a child that may not allocate: a record of kind not_started. Failure is ignored: the other
/// side sees the end.
void send_start_failure(int fd, const char* step, int error_number) noexcept;

/// A record of kind setup_failed; ignoring that nobody may listen any more.
void report_failure(int fd, const std::exception& exception) noexcept;

enum class Waiting : std::uint8_t { blocking, none };

/// Puts records together from their packets. One reader for each socket.
class RecordReader {
public:
  /// Records larger than `largest`, and packets that no sender of ours makes, throw base::Error
  /// (sandbox.worker-answer).
  explicit RecordReader(int fd, std::size_t largest = std::numeric_limits<std::size_t>::max())
      : fd_(fd), largest_(largest) {}

  /// The next complete record; nothing when the other side is gone, or, without waiting, when none
  /// is complete yet. Throws std::system_error when this host refuses.
  std::optional<Record> receive(Waiting waiting);

private:
  int fd_;
  std::size_t largest_;
  std::string unfinished_;
};

} // namespace imagewright::sandbox
