// SPDX-License-Identifier: MIT
#include "channel.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include <sys/socket.h>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/error_codec.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::sandbox {

namespace {

/// Well below the smallest send buffer that a socket may have been given.
constexpr std::size_t k_part_size = 16384;

/// Each packet: the kind, whether more follows, a part of the payload.
constexpr std::size_t k_header_size = 2;

[[noreturn]] void throw_odd_answer(const char* what) {
  throw base::Error(base::FailureKind::build, "sandbox.worker-answer", what,
                    "what it reads may be damaged, or made to do harm: use it only if you trust "
                    "its source, and report it there");
}

/// Everything else is this host's own refusal.
bool is_about_other_side(int error_number) {
  return error_number == EPIPE || error_number == ECONNRESET;
}

} // namespace

Channel make_channel() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    base::throw_system_error("sandbox.cannot-enter", "cannot make a socket pair", "sandbox", errno);
  }
  return {fs::UniqueFd(ends[0]), fs::UniqueFd(ends[1])};
}

void send_record(int fd, RecordKind kind, std::string_view payload) {
  bool has_more = true;
  while (has_more) {
    const std::string_view part = payload.substr(0, k_part_size);
    payload.remove_prefix(part.size());
    has_more = !payload.empty();
    std::string packet{static_cast<char>(kind), has_more ? '\1' : '\0'};
    packet += part;
    ssize_t sent = 0;
    do {
      sent = ::send(fd, packet.data(), packet.size(), MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) continue;
    if (is_about_other_side(errno)) {
      base::throw_system_error("sandbox.call-died", "cannot talk to", "the other side", errno);
    }
    throw std::system_error(errno, std::generic_category(), "cannot talk to a worker");
  }
}

void send_sign(int fd, RecordKind kind) {
  const std::array<char, k_header_size> packet{static_cast<char>(kind), '\0'};
  ssize_t sent = 0;
  do {
    sent = ::send(fd, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return;
  if (errno == EAGAIN) throw_odd_answer("a worker speaks and does not listen");
  if (is_about_other_side(errno))
    base::throw_system_error("sandbox.call-died", "cannot talk to", "the other side", errno);
  throw std::system_error(errno, std::generic_category(), "cannot talk to a worker");
}

void close_for_sending(int fd) noexcept {
  // A socket that the other side has left already needs no word, ignoring.
  ::shutdown(fd, SHUT_WR);
}

void send_start_failure(int fd, const char* step, int error_number) noexcept {
  std::array<char, k_header_size + sizeof(int) + 64> packet{
      static_cast<char>(RecordKind::not_started), '\0'};
  std::memcpy(packet.data() + k_header_size, &error_number, sizeof error_number);
  const std::size_t length = std::min<std::size_t>(std::strlen(step), 64);
  std::memcpy(packet.data() + k_header_size + sizeof(int), step, length);
  // A short record that cannot be sent leaves the end of the process as the only word, ignoring.
  (void)::send(fd, packet.data(), k_header_size + sizeof(int) + length, MSG_NOSIGNAL);
}

void report_failure(int fd, const std::exception& exception) noexcept {
  try {
    send_record(fd, RecordKind::setup_failed, encode_exception(exception));
  } catch (const std::exception&) {
    // Nobody listens any more: the process outside is gone and this one follows it, ignoring.
  }
}

std::optional<Record> RecordReader::receive(Waiting waiting) {
  std::vector<char> packet(k_header_size + k_part_size);
  while (true) {
    const ssize_t count =
        ::recv(fd_, packet.data(), packet.size(), waiting == Waiting::none ? MSG_DONTWAIT : 0);
    // The second is told once, when the other side left something unread; what it had said before
    // that is still there (unix(7)).
    if (count < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    if (count < 0 && errno != EAGAIN && !is_about_other_side(errno))
      throw std::system_error(errno, std::generic_category(), "cannot hear a worker");
    if (count < static_cast<ssize_t>(k_header_size)) return std::nullopt;
    unfinished_.append(packet.data() + k_header_size,
                       static_cast<std::size_t>(count) - k_header_size);
    if (unfinished_.size() > largest_) throw_odd_answer("a worker answers without end");
    // A part that is not full is the last: empty ones could follow each other for ever.
    const bool is_full = static_cast<std::size_t>(count) == packet.size();
    if (packet[1] != '\0' && !is_full) throw_odd_answer("a worker answers in parts that are none");
    if (packet[1] != '\0') continue;
    Record record{static_cast<RecordKind>(packet[0]), std::move(unfinished_)};
    unfinished_.clear();
    return record;
  }
}

void MessageSender::send(std::string_view text) const {
  send_record(fd_, RecordKind::message, text);
  const auto answer = RecordReader(fd_).receive(Waiting::blocking);
  if (!answer || answer->kind != RecordKind::message_taken) throw base::Cancelled();
}

} // namespace imagewright::sandbox
