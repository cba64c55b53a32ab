// SPDX-License-Identifier: MIT
#include "ranges.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include <unistd.h>

#include <imagewright/base/error.hpp>

namespace imagewright::upload {

namespace {

constexpr std::uint64_t k_block = 4096;

void add(Ranges& ranges, const Range& more) {
  if (!ranges.empty() && ranges.back().end() == more.offset) {
    ranges.back().length += more.length;
  } else {
    ranges.push_back(more);
  }
}

[[noreturn]] void fail(const std::string& name, int error) {
  base::throw_system_error("fs.cannot-read", "cannot read", name, error);
}

/// Filesystems without holes say that all of it is data.
Range next_data(int file, std::uint64_t from, std::uint64_t size, const std::string& name) {
  const off_t data = ::lseek(file, static_cast<off_t>(from), SEEK_DATA);
  if (data < 0 && errno == ENXIO) return {size, 0};
  if (data < 0) fail(name, errno);
  const off_t hole = ::lseek(file, data, SEEK_HOLE);
  if (hole < 0) fail(name, errno);
  const std::uint64_t begin = static_cast<std::uint64_t>(data) / k_block * k_block;
  const std::uint64_t end = std::min(static_cast<std::uint64_t>(hole), size);
  return {begin, end > begin ? end - begin : 0};
}

class ContentFinder {
public:
  ContentFinder(int file, const std::string& name, const base::Cancellation& cancellation)
      : file_(file), name_(name), cancellation_(cancellation), buffer_(k_largest_write) {}

  void look_at(const Range& data) {
    for (std::uint64_t at = data.offset; at < data.end();) {
      cancellation_.check();
      const auto wanted = std::min<std::uint64_t>(buffer_.size(), data.end() - at);
      const ssize_t got =
          ::pread(file_, buffer_.data(), static_cast<std::size_t>(wanted), static_cast<off_t>(at));
      if (got <= 0) fail(name_, got < 0 ? errno : EIO);
      note_blocks(at, static_cast<std::size_t>(got));
      at += static_cast<std::uint64_t>(got);
    }
  }

  Ranges take() { return std::move(found_); }

private:
  void note_blocks(std::uint64_t offset, std::size_t count) {
    for (std::size_t at = 0; at < count; at += k_block) {
      const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(at);
      const auto length = std::min<std::size_t>(k_block, count - at);
      const auto end = begin + static_cast<std::ptrdiff_t>(length);
      if (std::any_of(begin, end, [](char byte) { return byte != 0; }))
        add(found_, {offset + at, length});
    }
  }

  int file_;
  const std::string& name_;
  const base::Cancellation& cancellation_;
  std::vector<char> buffer_;
  Ranges found_;
};

} // namespace

Ranges content_of(int file, std::uint64_t size, const std::string& name,
                  const base::Cancellation& cancellation) {
  ContentFinder finder(file, name, cancellation);
  for (std::uint64_t at = 0; at < size;) {
    const Range data = next_data(file, at, size, name);
    finder.look_at(data);
    at = std::max(data.end(), at + 1);
    if (data.length == 0) break;
  }
  return finder.take();
}

Ranges in_requests(const Ranges& ranges) {
  Ranges requests;
  for (const Range& range : ranges) {
    for (std::uint64_t at = range.offset; at < range.end(); at += k_largest_write)
      requests.push_back({at, std::min(k_largest_write, range.end() - at)});
  }
  return requests;
}

bool covers(const Ranges& ranges, const Range& wanted) {
  const auto after = std::ranges::upper_bound(ranges, wanted.offset, {}, &Range::offset);
  return after != ranges.begin() && wanted.end() <= std::prev(after)->end();
}

} // namespace imagewright::upload
