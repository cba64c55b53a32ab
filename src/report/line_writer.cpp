// SPDX-License-Identifier: MIT
#include "report/line_writer.hpp"

#include <cerrno>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace imagewright::report {

void write_text(int fd, std::string_view text) noexcept {
  constexpr int k_patience_milliseconds = 2000;
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      if (::poll(&wait, 1, k_patience_milliseconds) <= 0) return;
    } else if (errno != EINTR) {
      return;
    }
  }
}

std::size_t terminal_width(int fd) noexcept {
  constexpr std::size_t k_usual_width = 80;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return k_usual_width;
  return size.ws_col;
}

} // namespace imagewright::report
