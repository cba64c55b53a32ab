// SPDX-License-Identifier: MIT
#pragma once

// What a file holds, by digest.

#include <cstdint>
#include <vector>

#include <imagewright/base/digest.hpp>

namespace imagewright::fs {

/// A stretch of a file that is stored as data; between stretches are holes.
struct Stretch {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  bool operator==(const Stretch&) const = default;
};

/// So many bytes with this digest.
struct FileContent {
  base::Digest digest;
  std::uint64_t size = 0;
  std::vector<Stretch> stretches; ///< empty: all of it is data

  bool operator==(const FileContent&) const = default;
};

} // namespace imagewright::fs
