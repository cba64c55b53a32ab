// SPDX-License-Identifier: MIT
#pragma once

// A clock that a test moves, and streams whose content a test reads.

#include <string>

#include <fcntl.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <imagewright/report/clock.hpp>

namespace report_test {

class ManualClock final : public imagewright::report::Clock {
public:
  std::chrono::nanoseconds now() const noexcept override { return now_; }
  void advance(std::chrono::nanoseconds step) { now_ += step; }

private:
  std::chrono::nanoseconds now_{0};
};

inline std::string drain(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

/// Two descriptors, the second of which receives what is written to the first.
class Stream {
public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    close_writer();
    ::close(reader_);
  }

  int writer() const { return writer_; }
  void close_writer() {
    if (writer_ >= 0) ::close(writer_);
    writer_ = -1;
  }
  void close_reader() {
    ::close(reader_);
    reader_ = -1;
  }
  /// What has arrived so far.
  std::string text() const { return drain(reader_); }

protected:
  int reader_ = -1;
  int writer_ = -1;
};

class PipeStream final : public Stream {
public:
  PipeStream() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) == 0) {
      reader_ = ends[0];
      writer_ = ends[1];
      ::fcntl(reader_, F_SETFL, O_NONBLOCK);
    }
  }
};

class PseudoTerminal final : public Stream {
public:
  explicit PseudoTerminal(unsigned short width) {
    winsize size{};
    size.ws_row = 24;
    size.ws_col = width;
    if (::openpty(&reader_, &writer_, nullptr, nullptr, &size) == 0) {
      ::fcntl(reader_, F_SETFL, O_NONBLOCK);
    }
  }
};

} // namespace report_test
