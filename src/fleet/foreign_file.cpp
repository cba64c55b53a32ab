// SPDX-License-Identifier: MIT
#include "foreign_file.hpp"

#include <cerrno>
#include <span>

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::fleet {

namespace {

bool is_absent(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR;
}

/// Closed when nothing is there. Never waits for whoever is at the other end of a pipe.
fs::UniqueFd opened(const std::filesystem::path& path, int more_flags) {
  fs::UniqueFd file(
      ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | more_flags));
  if (!file && !is_absent(errno))
    base::throw_system_error("fs.cannot-read", "cannot read", path.string(), errno);
  return file;
}

struct stat status_of(const fs::UniqueFd& file, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    base::throw_system_error("fs.cannot-read", "cannot read", path.string(), errno);
  return status;
}

} // namespace

std::optional<std::string> find_regular_file(const std::filesystem::path& path,
                                             base::ByteSize limit) {
  const auto refuse = [&](const std::string& why) {
    throw base::Error(base::FailureKind::build, "fs.cannot-read",
                      fmt::format("{} {}", base::quoted(path.string()), why));
  };
  const fs::UniqueFd file = opened(path, 0);
  if (!file) return std::nullopt;
  const struct stat status = status_of(file, path);
  if (!S_ISREG(status.st_mode)) refuse("is no regular file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > limit.bytes()) refuse("is larger than " + base::to_string(limit));
  std::string text(static_cast<std::size_t>(size), '\0');
  fs::read_exactly(file.get(), std::as_writable_bytes(std::span(text)), 0, path.string());
  return text;
}

std::optional<FileFacts> facts_of_file(const std::filesystem::path& path, std::uint64_t size) {
  std::error_code ignored; // Opening says what is wrong.
  if (std::filesystem::is_symlink(path, ignored)) return std::nullopt;
  const fs::UniqueFd file = opened(path, O_NOFOLLOW);
  if (!file) return std::nullopt;
  const struct stat status = status_of(file, path);
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  FileFacts facts{.size = static_cast<std::uint64_t>(status.st_size), .digest = {}};
  if (facts.size == size)
    facts.digest =
        fs::digest_of_open_file(file.get(), path.string(), base::DigestAlgorithm::sha256);
  return facts;
}

} // namespace imagewright::fleet
