// SPDX-License-Identifier: MIT
#include "process_files.hpp"

#include <array>

#include <fcntl.h>
#include <unistd.h>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::sandbox {

std::optional<std::string> beginning_of(int processes, const std::string& path) {
  const fs::UniqueFd file(::openat(processes, path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, 4096> text;
  const ssize_t length = ::read(file.get(), text.data(), text.size());
  if (length < 0) return std::nullopt;
  return std::string(text.data(), static_cast<std::size_t>(length));
}

} // namespace imagewright::sandbox
