// SPDX-License-Identifier: MIT
#include "content.hpp"

#include <cerrno>
#include <cstddef>
#include <span>
#include <vector>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::cache {

namespace {

/// Calls `use` for each block of the file.
template <typename Use>
void for_each_block(int fd, const std::filesystem::path& path, Use use) {
  std::vector<std::byte> buffer(std::size_t{256} * 1024);
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got == 0) return;
    if (got > 0) {
      use(std::span<const std::byte>(buffer).first(static_cast<std::size_t>(got)));
    } else if (errno != EINTR) {
      base::throw_system_error("fs.cannot-read", "cannot read", path.string(), errno);
    }
  }
}

} // namespace

void copy_content(const std::filesystem::path& source, const std::filesystem::path& target) {
  const fs::UniqueFd from = fs::open_for_reading(source);
  const fs::UniqueFd into(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!into) base::throw_system_error("fs.cannot-write", "cannot write", target.string(), errno);
  if (::ioctl(into.get(), FICLONE, from.get()) == 0) return;
  std::uint64_t offset = 0;
  for_each_block(from.get(), source, [&](std::span<const std::byte> block) {
    fs::write_exactly(into.get(), block, offset, target.string());
    offset += block.size();
  });
}

std::string name_of_key(std::string_view key) {
  return base::digest_of(key).hex;
}

void mark_used(const std::filesystem::path& path) {
  struct timespec times[2] = {};
  times[0].tv_nsec = UTIME_NOW;
  times[1].tv_nsec = UTIME_OMIT;
  static_cast<void>(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW));
}

void rename_into_place(const std::filesystem::path& staged, const std::filesystem::path& target) {
  if (::rename(staged.c_str(), target.c_str()) != 0) {
    base::throw_system_error("fs.cannot-write", "cannot write", target.string(), errno);
  }
}

} // namespace imagewright::cache
