// SPDX-License-Identifier: MIT
#include "own_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

namespace imagewright::cache {

namespace {

constexpr mode_t k_foreign_writes = S_IWGRP | S_IWOTH;

} // namespace

std::string distrust_of(const std::filesystem::path& directory) {
  struct stat status {};
  const std::string name = base::quoted(directory.string());
  if (::lstat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    return fmt::format("{} is no directory", name);
  if (status.st_uid != ::geteuid()) return fmt::format("{} belongs to another user", name);
  if ((status.st_mode & k_foreign_writes) != 0) return fmt::format("others may write {}", name);
  return {};
}

std::pair<fs::UniqueFd, bool> open_own(const std::filesystem::path& path) {
  fs::UniqueFd file(
      ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return {fs::UniqueFd(), errno != ENOENT && errno != ENOTDIR};
  struct stat status {};
  const bool is_own = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
                      status.st_uid == ::geteuid() && (status.st_mode & k_foreign_writes) == 0;
  if (is_own) return {std::move(file), true};
  return {fs::UniqueFd(), true};
}

} // namespace imagewright::cache
