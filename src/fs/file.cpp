// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unfinished_file.hpp>

namespace imagewright::fs {

namespace {

constexpr std::size_t k_buffer_size = std::size_t{1} << 20U;

[[noreturn]] void throw_read_error(const std::string& name, int error_number) {
  base::throw_system_error("fs.cannot-read", "cannot read", name, error_number);
}

[[noreturn]] void throw_write_error(const std::string& name, int error_number) {
  const bool is_full = error_number == ENOSPC || error_number == EDQUOT;
  base::throw_system_error(is_full ? "fs.disk-full" : "fs.cannot-write", "cannot write", name,
                           error_number);
}

/// Waits for nobody at the other end of a pipe; closed, with errno, when it cannot be opened.
/// Throws for what has no end, or gives what another process likes.
UniqueFd open_without_waiting(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (!fd || (::fstat(fd.get(), &status) == 0 &&
              (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode) || S_ISDIR(status.st_mode))))
    return fd;
  throw base::Error(base::FailureKind::build, "fs.cannot-read",
                    fmt::format("{} is not a regular file", base::quoted(path.string())),
                    "check the path");
}

std::string read_all(int fd, const std::string& name, base::ByteSize limit) {
  std::string content;
  std::vector<char> buffer(k_buffer_size);
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_read_error(name, errno);
    if (count == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > limit.bytes()) {
      throw base::Error(
          base::FailureKind::build, "fs.cannot-read",
          fmt::format("{} is larger than {}", base::quoted(name), base::to_string(limit)));
    }
  }
}

} // namespace

UniqueFd open_for_reading(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_read_error(path.string(), errno);
  return fd;
}

UniqueFd open_for_writing(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) throw_write_error(path.string(), errno);
  return fd;
}

std::string read_file(const std::filesystem::path& path, base::ByteSize limit) {
  const UniqueFd fd = open_for_reading(path);
  return read_all(fd.get(), path.string(), limit);
}

std::optional<std::string> find_file(const std::filesystem::path& path, base::ByteSize limit) {
  const UniqueFd fd = open_without_waiting(path);
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!fd) throw_read_error(path.string(), errno);
  return read_all(fd.get(), path.string(), limit);
}

namespace {

/// A pipe, a terminal, /dev/null: nothing that may be replaced.
void write_through(const std::filesystem::path& path, std::string_view content) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) throw_write_error(path.string(), errno);
  while (!content.empty()) {
    const ssize_t count = ::write(fd.get(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_write_error(path.string(), errno);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
}

} // namespace

void sync_path(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0)
    base::throw_system_error("fs.cannot-write", "cannot sync", path.string(), errno);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  std::error_code ignored;
  const auto present = std::filesystem::status(path, ignored);
  if (std::filesystem::exists(present) && !std::filesystem::is_regular_file(present)) {
    write_through(path, content);
    return;
  }
  UnfinishedFile file = UnfinishedFile::make_beside(path);
  write_exactly(file.fd(), std::as_bytes(std::span(content.data(), content.size())), 0,
                path.string());
  // Such files are private; what we publish is as readable as any other new file.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(file.fd(), 0666 & ~mask) != 0 || ::fsync(file.fd()) != 0 ||
      ::rename(file.path().c_str(), path.c_str()) != 0) {
    throw_write_error(path.string(), errno);
  }
  file.keep();
}

void read_exactly(int fd, std::span<std::byte> buffer, std::uint64_t offset,
                  const std::string& name) {
  while (!buffer.empty()) {
    const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_read_error(name, errno);
    if (count == 0) {
      throw base::Error(base::FailureKind::build, "fs.cannot-read",
                        fmt::format("{} ends too early", base::quoted(name)));
    }
    buffer = buffer.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void write_exactly(int fd, std::span<const std::byte> data, std::uint64_t offset,
                   const std::string& name) {
  while (!data.empty()) {
    const ssize_t count = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_write_error(name, errno);
    data = data.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

FileStretch whole_of(const UniqueFd& file, const std::string& name) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_read_error(name, errno);
  return {.fd = file.get(), .size = static_cast<std::uint64_t>(status.st_size), .name = name};
}

void copy_exactly(const FileStretch& from, int to, const std::string& name) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(k_buffer_size, from.size));
  for (std::uint64_t done = 0; done < from.size;) {
    const auto piece =
        std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), from.size - done));
    read_exactly(from.fd, piece, from.offset + done, from.name);
    write_exactly(to, piece, done, name);
    done += piece.size();
  }
}

void for_each_data_extent(
    int fd, const std::function<void(std::uint64_t offset, std::uint64_t length)>& visit) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_read_error("file", errno);
  const off_t end = status.st_size;
  off_t position = 0;
  while (position < end) {
    const off_t data = ::lseek(fd, position, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return;
    if (data < 0) {
      // A filesystem without hole reporting: everything is data.
      visit(static_cast<std::uint64_t>(position), static_cast<std::uint64_t>(end - position));
      return;
    }
    const off_t hole = ::lseek(fd, data, SEEK_HOLE);
    const off_t stop = hole < 0 ? end : hole;
    visit(static_cast<std::uint64_t>(data), static_cast<std::uint64_t>(stop - data));
    position = stop;
  }
}

base::Digest digest_of_file(const std::filesystem::path& path) {
  return digest_of_file(path, base::DigestAlgorithm::sha256);
}

base::Digest digest_of_file(const std::filesystem::path& path, base::DigestAlgorithm algorithm) {
  const UniqueFd fd = open_without_waiting(path);
  if (!fd) throw_read_error(path.string(), errno);
  return digest_of_open_file(fd.get(), path.string(), algorithm);
}

base::Digest digest_of_open_file(int fd, const std::string& name, base::DigestAlgorithm algorithm,
                                 std::uint64_t start) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_read_error(name, errno);
  base::Hasher hasher(algorithm);
  std::vector<std::byte> buffer(k_buffer_size);
  std::uint64_t position = start;
  for_each_data_extent(fd, [&](std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t end = offset + length;
    offset = std::max(offset, position);
    if (offset >= end) return; // all of it stands before the start
    hasher.update_zeros(offset - position);
    position = end;
    while (offset < end) {
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(end - offset, buffer.size()));
      read_exactly(fd, piece, offset, name);
      hasher.update(piece);
      offset += piece.size();
    }
  });
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > position) hasher.update_zeros(size - position);
  return hasher.finish();
}

} // namespace imagewright::fs
