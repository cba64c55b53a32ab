// SPDX-License-Identifier: MIT
#pragma once

// Integers inside bytes that were checked to be long enough.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <imagewright/base/error.hpp>

namespace imagewright::inspect {

/// `size` bytes at `offset`, the most significant first.
inline std::uint64_t big_endian(std::string_view bytes, std::size_t offset, std::size_t size) {
  IMAGEWRIGHT_ASSERT(size <= 8 && offset <= bytes.size() && size <= bytes.size() - offset);
  std::uint64_t value = 0;
  for (std::size_t index = 0; index < size; ++index) {
    value = value << 8U | static_cast<unsigned char>(bytes[offset + index]);
  }
  return value;
}

/// The same, the least significant first.
inline std::uint64_t little_endian(std::string_view bytes, std::size_t offset, std::size_t size) {
  IMAGEWRIGHT_ASSERT(size <= 8 && offset <= bytes.size() && size <= bytes.size() - offset);
  std::uint64_t value = 0;
  for (std::size_t index = size; index > 0; --index) {
    value = value << 8U | static_cast<unsigned char>(bytes[offset + index - 1]);
  }
  return value;
}

} // namespace imagewright::inspect
