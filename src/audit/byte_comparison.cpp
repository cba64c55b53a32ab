// SPDX-License-Identifier: MIT
#include "byte_comparison.hpp"

#include <algorithm>
#include <span>

namespace imagewright::audit {

namespace {

constexpr std::uint64_t k_piece = std::uint64_t{1} << 20U;

/// The parts of the extents that lie in [start, start + length), counted from `start`.
void add_clipped(const std::vector<image::DiskExtent>& extents, std::uint64_t start,
                 std::uint64_t length, std::vector<image::DiskExtent>& clipped) {
  for (const image::DiskExtent& extent : extents) {
    const std::uint64_t from = std::max(extent.offset, start);
    const std::uint64_t to = std::min(extent.offset + extent.length, start + length);
    if (from < to) clipped.push_back({from - start, to - from});
  }
}

} // namespace

std::optional<std::uint64_t>
DiskComparison::first_difference(const DiskStretch& stretch,
                                 const base::Cancellation& cancellation) const {
  std::vector<image::DiskExtent> stored;
  add_clipped(left_extents_, stretch.left, stretch.length, stored);
  add_clipped(right_extents_, stretch.right, stretch.length, stored);
  std::sort(stored.begin(), stored.end(),
            [](const auto& one, const auto& other) { return one.offset < other.offset; });
  std::vector<std::byte> left(k_piece);
  std::vector<std::byte> right(k_piece);
  std::uint64_t done = 0;
  for (const image::DiskExtent& extent : stored) {
    done = std::max(done, extent.offset);
    while (done < extent.offset + extent.length) {
      cancellation.check();
      const std::uint64_t size = std::min(k_piece, extent.offset + extent.length - done);
      left_.read(stretch.left + done, std::span(left).first(size));
      right_.read(stretch.right + done, std::span(right).first(size));
      const auto end = left.begin() + static_cast<std::ptrdiff_t>(size);
      const auto differing = std::mismatch(left.begin(), end, right.begin()).first;
      if (differing != end) return done + static_cast<std::uint64_t>(differing - left.begin());
      done += size;
    }
  }
  return std::nullopt;
}

} // namespace imagewright::audit
