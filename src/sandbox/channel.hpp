// SPDX-License-Identifier: MIT
#pragma once

// Records between the outside of a sandbox and its inside, over one socket that keeps their
// borders.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::sandbox {

enum class RecordKind : std::uint8_t {
  wants_id_maps, ///< the user namespace is there
  id_maps_done,
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

/// Blocks until it is on its way. Throws base::Error when the other side is gone.
void send_record(int fd, RecordKind kind, std::string_view payload);

enum class Waiting : std::uint8_t { blocking, none };

/// Puts records together from their packets. One reader for each socket.
class RecordReader {
public:
  explicit RecordReader(int fd) : fd_(fd) {}

  /// The next complete record; nothing when the other side is gone, or, without waiting, when none
  /// is complete yet.
  std::optional<Record> receive(Waiting waiting);

private:
  int fd_;
  std::string unfinished_;
};

} // namespace imagewright::sandbox
