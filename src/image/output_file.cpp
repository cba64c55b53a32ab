// SPDX-License-Identifier: MIT
#include "image/output_file.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_chunk_size = std::uint64_t{8} << 20U;

} // namespace

OutputFile::OutputFile(std::filesystem::path path) : file_(std::move(path)) {}

OutputFile::OutputFile(const std::filesystem::path& present, std::filesystem::path path)
    : file_(fs::UnfinishedFile::take_over(present, std::move(path))) {}

void OutputFile::write(std::uint64_t offset, std::span<const std::byte> data) {
  fs::write_exactly(file_.fd(), data, offset, file_.path().string());
}

void OutputFile::copy(const SourceDisk& disk, std::uint64_t from, std::uint64_t to,
                      std::uint64_t length, const base::Cancellation& cancellation) {
  std::vector<std::byte> buffer;
  while (length > 0) {
    cancellation.check();
    auto source = static_cast<loff_t>(from);
    auto target = static_cast<loff_t>(to);
    ssize_t copied =
        copy_file_range(disk.fd(), &source, file_.fd(), &target, std::min(length, k_chunk_size), 0);
    if (copied <= 0) {
      // Not between these two places (EXDEV, EINVAL, ENOSYS, …): by hand. A full disk shows itself
      // there as well.
      buffer.resize(std::min(length, k_chunk_size));
      disk.read(from, buffer);
      write(to, buffer);
      copied = static_cast<ssize_t>(buffer.size());
    }
    from += static_cast<std::uint64_t>(copied);
    to += static_cast<std::uint64_t>(copied);
    length -= static_cast<std::uint64_t>(copied);
  }
}

void OutputFile::copy_stored(const SourceDisk& disk, std::uint64_t from, std::uint64_t to,
                             std::uint64_t length, const base::Cancellation& cancellation) {
  IMAGEWRIGHT_ASSERT(from % k_unit_size == 0);
  const std::uint64_t stop = std::min(from + length, disk.size());
  for (std::uint64_t start = disk.next_stored(from / k_unit_size) * k_unit_size; start < stop;) {
    std::uint64_t end = start;
    while (end < stop && disk.is_stored(end / k_unit_size))
      end += k_unit_size;
    end = std::min(end, stop);
    if (end > start) copy(disk, start, to + (start - from), end - start, cancellation);
    start = disk.next_stored((end + k_unit_size - 1) / k_unit_size) * k_unit_size;
  }
}

void OutputFile::set_size(std::uint64_t size) {
  if (ftruncate(file_.fd(), static_cast<off_t>(size)) != 0) {
    base::throw_system_error("fs.cannot-write", "cannot set the size of", file_.path().string(),
                             errno);
  }
}

} // namespace imagewright::image
