// SPDX-License-Identifier: MIT
#include <algorithm>
#include <iterator>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/borrowed_bytes.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::fs {

namespace {

constexpr std::uint64_t k_copied_at_once = std::uint64_t{1} << 20U;

bool is_whole(std::uint64_t position) {
  return position % BorrowedBytes::k_block_size == 0;
}

} // namespace

void BorrowedBytes::borrow(std::uint64_t offset, const FilePlace& place) {
  IMAGEWRIGHT_ASSERT(is_whole(offset) && is_whole(place.length) && place.length > 0);
  cut(offset, place.length);
  const auto next = stretches_.lower_bound(offset);
  if (next != stretches_.begin()) {
    auto& [start, last] = *std::prev(next);
    const bool follows = last.file == place.file && start + last.length == offset &&
                         last.offset + last.length == place.offset;
    if (follows) {
      last.length += place.length;
      return;
    }
  }
  stretches_.emplace_hint(next, offset, place);
}

void BorrowedBytes::cut(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = offset + length;
  while (is_any_borrowed(offset, length)) {
    // The last one that begins before the end.
    const auto found = std::prev(stretches_.lower_bound(end));
    const auto [start, place] = *found;
    const std::uint64_t stop = start + place.length;
    stretches_.erase(found);
    if (start < offset) stretches_[start] = {place.file, place.offset, offset - start};
    if (end < stop) stretches_[end] = {place.file, place.offset + (end - start), stop - end};
  }
}

void BorrowedBytes::settle(int own, std::uint64_t offset, std::uint64_t length,
                           const std::string& name) {
  if (!is_any_borrowed(offset, length)) return;
  const std::uint64_t start = offset / k_block_size * k_block_size;
  const std::uint64_t end = (offset + length + k_block_size - 1) / k_block_size * k_block_size;
  std::vector<std::byte> buffer(std::min(end - start, k_copied_at_once));
  for (std::uint64_t position = start; position < end;) {
    const FilePlace place =
        place_of(own, position, std::min<std::uint64_t>(end - position, buffer.size()));
    if (place.file != own) {
      const auto piece = std::span(buffer).first(place.length);
      read_exactly(place.file, piece, place.offset, name);
      write_exactly(own, piece, position, name);
    }
    position += place.length;
  }
  cut(start, end - start);
}

bool BorrowedBytes::is_any_borrowed(std::uint64_t offset, std::uint64_t length) const {
  const auto next = stretches_.lower_bound(offset + length);
  if (length == 0 || next == stretches_.begin()) return false;
  const auto& [start, place] = *std::prev(next);
  return start + place.length > offset;
}

std::vector<BorrowedBytes::Stretch> BorrowedBytes::stretches() const {
  std::vector<Stretch> stretches;
  for (const auto& [offset, place] : stretches_)
    stretches.push_back({offset, place});
  return stretches;
}

FilePlace BorrowedBytes::place_of(int own, std::uint64_t offset, std::uint64_t length) const {
  const auto next = stretches_.upper_bound(offset);
  if (next != stretches_.begin()) {
    const auto& [start, place] = *std::prev(next);
    const std::uint64_t within = offset - start;
    if (within < place.length)
      return {place.file, place.offset + within, std::min(length, place.length - within)};
  }
  if (next == stretches_.end()) return {own, offset, length};
  return {own, offset, std::min(length, next->first - offset)};
}

void BorrowedBytes::read(int own, std::uint64_t offset, std::span<std::byte> buffer,
                         const std::string& name) const {
  while (!buffer.empty()) {
    const FilePlace place = place_of(own, offset, buffer.size());
    read_exactly(place.file, buffer.first(place.length), place.offset, name);
    buffer = buffer.subspan(place.length);
    offset += place.length;
  }
}

} // namespace imagewright::fs
