// SPDX-License-Identifier: MIT
#pragma once

// Integers in the byte order of qcow2 and VHD, on any host.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <imagewright/base/error.hpp>

namespace imagewright::image {

using Bytes = std::vector<std::byte>;

template <std::unsigned_integral Integer>
void put(std::span<std::byte> bytes, std::size_t offset, Integer value) {
  IMAGEWRIGHT_ASSERT(offset + sizeof value <= bytes.size());
  for (std::size_t index = 0; index < sizeof value; ++index) {
    bytes[offset + index] = static_cast<std::byte>(value >> (8U * (sizeof value - 1 - index)));
  }
}

/// The caller has checked that it is inside.
template <std::unsigned_integral Integer>
Integer get(std::span<const std::byte> bytes, std::size_t offset) {
  IMAGEWRIGHT_ASSERT(offset + sizeof(Integer) <= bytes.size());
  Integer value = 0;
  for (std::size_t index = 0; index < sizeof value; ++index) {
    value = static_cast<Integer>(std::uint64_t{value} << 8U |
                                 std::to_integer<std::uint64_t>(bytes[offset + index]));
  }
  return value;
}

inline void put_text(std::span<std::byte> bytes, std::size_t offset, std::string_view text) {
  IMAGEWRIGHT_ASSERT(offset + text.size() <= bytes.size());
  for (std::size_t index = 0; index < text.size(); ++index) {
    bytes[offset + index] = static_cast<std::byte>(text[index]);
  }
}

} // namespace imagewright::image
