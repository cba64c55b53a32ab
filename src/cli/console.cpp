// SPDX-License-Identifier: MIT
#include "console.hpp"

#include <cerrno>
#include <fstream>
#include <string>

#include <unistd.h>

#include <imagewright/base/error.hpp>

namespace imagewright::cli {

namespace {

/// Writes all of it; gives errno's value on failure.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

} // namespace

base::SourceLineReader file_line_reader() {
  return [](const std::string& file, std::uint32_t line) -> std::optional<std::string> {
    std::ifstream stream(file);
    std::string text;
    for (std::uint32_t number = 0; number < line; ++number) {
      if (!std::getline(stream, text)) return std::nullopt;
    }
    return text;
  };
}

void Console::print(std::string_view text) const {
  const int failure = write_all(STDOUT_FILENO, text);
  // A reader that has seen enough (head, less) is no failure of ours.
  if (failure != 0 && failure != EPIPE) {
    base::throw_system_error("cli.cannot-write-output", "cannot write", "standard output", failure);
  }
}

void Console::show(const base::Diagnostic& diagnostic) const {
  // Nobody can be told when standard error itself cannot be written, ignoring.
  write_all(STDERR_FILENO, base::render(diagnostic, file_line_reader(), color_));
}

void Console::show(const base::Diagnostics& diagnostics,
                   const base::SourceLineReader& read_line) const {
  for (const base::Diagnostic& diagnostic : diagnostics.sorted())
    write_all(STDERR_FILENO, base::render(diagnostic, read_line, color_)); // as above, ignoring
}

} // namespace imagewright::cli
