// SPDX-License-Identifier: MIT
#include "image/file_source.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::image {

namespace {

fs::UniqueFd open_image_file(const std::filesystem::path& path) {
  // Without waiting for the other end of a pipe.
  fs::UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd) return fd;
  const int reason = errno;
  const bool is_callers_mistake = reason == ENOENT || reason == ENOTDIR || reason == ENXIO ||
                                  reason == ELOOP || reason == ENAMETOOLONG;
  throw base::Error(is_callers_mistake ? base::FailureKind::input : base::FailureKind::build,
                    "fs.cannot-read",
                    fmt::format("cannot open the image {}: {}", base::quoted(path.string()),
                                std::generic_category().message(reason)),
                    is_callers_mistake ? "give the path of an image file" : "");
}

} // namespace

FileSource::FileSource(const std::filesystem::path& path)
    : name_(path.string()), fd_(open_image_file(path)) {
  examine();
}

FileSource::FileSource(fs::UniqueFd fd, std::string name)
    : name_(std::move(name)), fd_(std::move(fd)) {
  examine();
}

void FileSource::examine() {
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0) {
    base::throw_system_error("fs.cannot-read", "cannot examine", name_, errno);
  }
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
    throw base::Error(base::FailureKind::input, "image.not-a-file",
                      fmt::format("{} is neither a file nor a block device", base::quoted(name_)),
                      "images are read at any place of theirs: write it to a file first");
  }
  // The size of a block device is where it ends.
  const off_t end = lseek(fd_.get(), 0, SEEK_END);
  if (end < 0) base::throw_system_error("fs.cannot-read", "cannot examine", name_, errno);
  size_ = static_cast<std::uint64_t>(end);
}

void FileSource::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  fs::read_exactly(fd_.get(), buffer, offset, name_);
}

std::vector<DiskExtent> FileSource::data_extents() const {
  std::vector<DiskExtent> extents;
  fs::for_each_data_extent(fd_.get(), [&](std::uint64_t offset, std::uint64_t length) {
    extents.push_back({offset, length});
  });
  return extents;
}

} // namespace imagewright::image
