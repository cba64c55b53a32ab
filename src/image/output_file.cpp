// SPDX-License-Identifier: MIT
#include "image/output_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::image {

namespace {

/// Small enough for a processor's own memory: it is written and digested from there.
constexpr std::uint64_t k_chunk_size = std::uint64_t{512} << 10U;
/// Large enough for a thread to be worth its while.
constexpr std::uint64_t k_long_chunk_size = std::uint64_t{4} << 20U;
/// A disk is told of so much at a time.
constexpr std::uint64_t k_storing_size = std::uint64_t{16} << 20U;

} // namespace

void start_storing(int file, std::uint64_t offset, std::uint64_t length) {
  // A host that does not do it does it when the file is synced, ignoring.
  static_cast<void>(::sync_file_range(file, static_cast<off_t>(offset), static_cast<off_t>(length),
                                      SYNC_FILE_RANGE_WRITE));
}

OutputFile::OutputFile(std::filesystem::path path) : file_(std::move(path)) {}

OutputFile::OutputFile(const std::filesystem::path& present, std::filesystem::path path)
    : file_(fs::UnfinishedFile::take_over(present, std::move(path))) {}

void OutputFile::note(std::uint64_t offset, std::span<const std::byte> data) {
  if (!hasher_) return;
  if (offset < digested_) {
    hasher_.reset();
    return;
  }
  hasher_->update_zeros(offset - digested_);
  hasher_->update(data);
  digested_ = offset + data.size();
}

void OutputFile::write(std::uint64_t offset, std::span<const std::byte> data) {
  put(offset, data);
  note(offset, data);
}

void OutputFile::put(std::uint64_t offset, std::span<const std::byte> data) {
  fs::write_exactly(file_.fd(), data, offset, file_.path().string());
  const std::uint64_t end = offset + data.size();
  if (end < storing_ + k_storing_size) return;
  start_storing(file_.fd(), storing_, end - storing_);
  storing_ = end;
}

bool OutputFile::share(const SourceDisk& disk, std::uint64_t from, std::uint64_t to,
                       std::uint64_t length) {
  while (may_share_ && length > 0) {
    const fs::FilePlace place = disk.place_of(from, length);
    file_clone_range range{};
    range.src_fd = place.file;
    range.src_offset = place.offset;
    range.src_length = place.length;
    range.dest_offset = to;
    if (ioctl(file_.fd(), FICLONERANGE, &range) != 0) {
      // A place that does not fit the host's blocks says nothing about the next one; nor does a
      // lender on another filesystem.
      may_share_ = errno == EINVAL || errno == EXDEV;
      return false;
    }
    from += place.length;
    to += place.length;
    length -= place.length;
  }
  return length == 0;
}

/// While one piece is written the one before it is digested.
void OutputFile::copy_beside_digest(const SourceDisk& disk, std::uint64_t from, std::uint64_t to,
                                    std::uint64_t length, bool is_shared,
                                    const base::Cancellation& cancellation) {
  std::array<std::vector<std::byte>, 2> buffers;
  for (auto& buffer : buffers)
    buffer.resize(std::min(length, k_long_chunk_size));
  std::span<const std::byte> written;
  for (std::size_t turn = 0; length > 0 || !written.empty(); turn = 1 - turn) {
    const auto piece =
        std::span(buffers.at(turn)).first(std::min<std::uint64_t>(length, buffers[turn].size()));
    const auto write_piece = [&] {
      if (piece.empty()) return;
      disk.read(from, piece);
      if (!is_shared) put(to, piece);
    };
    const auto digest_last = [&] { note(to - written.size(), written); };
    base::parallel_for(2, thread_count_, cancellation,
                       [&](std::size_t task) { task == 0 ? write_piece() : digest_last(); });
    from += piece.size();
    to += piece.size();
    length -= piece.size();
    written = piece;
  }
}

void OutputFile::copy(const SourceDisk& disk, std::uint64_t from, std::uint64_t to,
                      std::uint64_t length, const base::Cancellation& cancellation) {
  if (length == 0) return; // the host takes it for everything up to the end
  const bool is_shared = share(disk, from, to, length);
  if (is_shared && !hasher_) return;
  if (hasher_ && thread_count_ > 1 && length > k_long_chunk_size) {
    copy_beside_digest(disk, from, to, length, is_shared, cancellation);
    return;
  }
  std::vector<std::byte> buffer(std::min(length, k_chunk_size));
  while (length > 0) {
    cancellation.check();
    const auto piece = std::span(buffer).first(std::min<std::uint64_t>(length, buffer.size()));
    disk.read(from, piece);
    if (is_shared) {
      note(to, piece);
    } else {
      write(to, piece);
    }
    from += piece.size();
    to += piece.size();
    length -= piece.size();
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

base::Digest OutputFile::digest() {
  const std::string name = file_.path().string();
  struct stat status {};
  if (fstat(file_.fd(), &status) != 0)
    base::throw_system_error("fs.cannot-read", "cannot examine", name, errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (!hasher_ || size < digested_)
    return fs::digest_of_open_file(file_.fd(), name, base::DigestAlgorithm::sha256, 0);
  hasher_->update_zeros(size - digested_);
  digested_ = size;
  return hasher_->fork().finish();
}

} // namespace imagewright::image
