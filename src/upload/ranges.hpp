// SPDX-License-Identifier: MIT
#pragma once

// Stretches of a disk, in pages of 512 bytes.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>

namespace imagewright::upload {

inline constexpr std::uint64_t k_page = 512;
/// "Put Page" takes no more at once.
inline constexpr std::uint64_t k_largest_write = 4U * 1024U * 1024U;

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  std::uint64_t end() const { return offset + length; }
  bool operator==(const Range&) const = default;
};

/// In order, apart from each other.
using Ranges = std::vector<Range>;

/// Where a file is not zero, in blocks of 4 KiB; holes are not read. Throws base::Error
/// (fs.cannot-read).
Ranges content_of(int file, std::uint64_t size, const std::string& name,
                  const base::Cancellation& cancellation);

/// Cut into what one request takes.
Ranges in_requests(const Ranges& ranges);

/// Is all of it in one of them, which are in order?
bool covers(const Ranges& ranges, const Range& wanted);

} // namespace imagewright::upload
