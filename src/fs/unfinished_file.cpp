// SPDX-License-Identifier: MIT
#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/unfinished_file.hpp>

namespace imagewright::fs {

namespace {

[[noreturn]] void throw_cannot(const char* what, const std::filesystem::path& path,
                               int error_number) {
  const bool is_full = error_number == ENOSPC || error_number == EDQUOT;
  base::throw_system_error(is_full ? "fs.disk-full" : "fs.cannot-write", what, path.string(),
                           error_number);
}

} // namespace

UnfinishedFile::UnfinishedFile(UniqueFd fd, std::filesystem::path path)
    : path_(std::move(path)), fd_(std::move(fd)) {}

UnfinishedFile::UnfinishedFile(std::filesystem::path path, mode_t permissions)
    : path_(std::move(path)),
      fd_(::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, permissions)) {
  if (!fd_) throw_cannot("cannot create", path_, errno);
}

UnfinishedFile UnfinishedFile::take_over(const std::filesystem::path& present,
                                         std::filesystem::path path) {
  // Opened first: what cannot be written must not be renamed, and then removed.
  UniqueFd fd(::open(present.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) throw_cannot("cannot open", present, errno);
  if (::renameat2(AT_FDCWD, present.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
    throw_cannot("cannot make", path, errno);
  return {std::move(fd), std::move(path)};
}

UnfinishedFile UnfinishedFile::make_beside(const std::filesystem::path& beside) {
  std::string name = beside.string() + ".XXXXXX";
  UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) throw_cannot("cannot write", beside, errno);
  return {std::move(fd), std::move(name)};
}

UnfinishedFile::UnfinishedFile(UnfinishedFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::move(other.fd_)),
      is_kept_(std::exchange(other.is_kept_, true)) {}

UnfinishedFile::~UnfinishedFile() {
  if (!is_kept_ && fd_) ::unlink(path_.c_str());
}

} // namespace imagewright::fs
