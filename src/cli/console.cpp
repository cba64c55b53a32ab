// SPDX-License-Identifier: MIT
#include "console.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/config/secrets.hpp>

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

/// As much of a file as a config may have; nothing when it is no regular file.
std::string beginning_of(const std::string& file) {
  constexpr std::size_t k_most = std::size_t{16} << 20U;
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(file, unknown)) return {};
  std::ifstream stream(file, std::ios::binary);
  std::string text(std::min<std::uintmax_t>(std::filesystem::file_size(file, unknown), k_most),
                   '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

} // namespace

base::SourceLineReader file_line_reader() {
  // What a message points at may be a password or a key: lines come without such values. Several
  // messages on one file read it once.
  const auto files = std::make_shared<std::map<std::string, std::vector<std::string>>>();
  return [files](const std::string& file, std::uint32_t line) -> std::optional<std::string> {
    auto found = files->find(file);
    if (found == files->end()) {
      found = files->emplace(file, config::lines_without_secrets(beginning_of(file))).first;
    }
    const std::vector<std::string>& lines = found->second;
    if (line == 0 || line > lines.size()) return std::nullopt;
    return lines[line - 1];
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
