// SPDX-License-Identifier: MIT
#pragma once

// Integers and texts inside structures of bytes, in an order that does not depend on the host.
// Callers have checked that what they name is inside.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <imagewright/base/error.hpp>

namespace imagewright::base {

/// Bytes of a structure that is being built or read.
using Bytes = std::vector<std::byte>;

inline void put_text(std::span<std::byte> bytes, std::size_t offset, std::string_view text) {
  IMAGEWRIGHT_ASSERT(offset <= bytes.size() && text.size() <= bytes.size() - offset);
  for (std::size_t index = 0; index < text.size(); ++index) {
    bytes[offset + index] = static_cast<std::byte>(text[index]);
  }
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The least significant byte first.
namespace little_endian {

template <std::unsigned_integral Integer>
void put(std::span<std::byte> bytes, std::size_t offset, Integer value) {
  IMAGEWRIGHT_ASSERT(offset <= bytes.size() && sizeof value <= bytes.size() - offset);
  for (std::size_t index = 0; index < sizeof value; ++index) {
    bytes[offset + index] = static_cast<std::byte>(value >> (8U * index));
  }
}

template <std::unsigned_integral Integer>
Integer get(std::span<const std::byte> bytes, std::size_t offset) {
  IMAGEWRIGHT_ASSERT(offset <= bytes.size() && sizeof(Integer) <= bytes.size() - offset);
  std::uint64_t value = 0;
  for (std::size_t index = sizeof(Integer); index > 0; --index) {
    value = value << 8U | std::to_integer<std::uint64_t>(bytes[offset + index - 1]);
  }
  return static_cast<Integer>(value);
}

} // namespace little_endian

/// The most significant byte first.
namespace big_endian {

template <std::unsigned_integral Integer>
void put(std::span<std::byte> bytes, std::size_t offset, Integer value) {
  IMAGEWRIGHT_ASSERT(offset <= bytes.size() && sizeof value <= bytes.size() - offset);
  for (std::size_t index = 0; index < sizeof value; ++index) {
    bytes[offset + index] = static_cast<std::byte>(value >> (8U * (sizeof value - 1 - index)));
  }
}

template <std::unsigned_integral Integer>
Integer get(std::span<const std::byte> bytes, std::size_t offset) {
  IMAGEWRIGHT_ASSERT(offset <= bytes.size() && sizeof(Integer) <= bytes.size() - offset);
  std::uint64_t value = 0;
  for (std::size_t index = 0; index < sizeof(Integer); ++index) {
    value = value << 8U | std::to_integer<std::uint64_t>(bytes[offset + index]);
  }
  return static_cast<Integer>(value);
}

} // namespace big_endian

} // namespace imagewright::base
