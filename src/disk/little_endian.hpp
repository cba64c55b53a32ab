// SPDX-License-Identifier: MIT
#pragma once

// Integers in the byte order of GPT, FAT and ext4, on any host.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

/// Bytes of a structure that is being built or read.
using Bytes = std::vector<std::byte>;

/// Stores `value` at `offset`.
template <std::unsigned_integral Integer>
void put(std::span<std::byte> bytes, std::size_t offset, Integer value) {
  IMAGEWRIGHT_ASSERT(offset + sizeof value <= bytes.size());
  for (std::size_t index = 0; index < sizeof value; ++index) {
    bytes[offset + index] = static_cast<std::byte>(value >> (8U * index));
  }
}

/// The integer at `offset`. The caller has checked that it is inside.
template <std::unsigned_integral Integer>
Integer get(std::span<const std::byte> bytes, std::size_t offset) {
  IMAGEWRIGHT_ASSERT(offset + sizeof(Integer) <= bytes.size());
  Integer value = 0;
  for (std::size_t index = 0; index < sizeof value; ++index) {
    value = static_cast<Integer>(value |
                                 (std::to_integer<Integer>(bytes[offset + index]) << (8U * index)));
  }
  return value;
}

inline void put_text(std::span<std::byte> bytes, std::size_t offset, std::string_view text) {
  IMAGEWRIGHT_ASSERT(offset + text.size() <= bytes.size());
  for (std::size_t index = 0; index < text.size(); ++index) {
    bytes[offset + index] = static_cast<std::byte>(text[index]);
  }
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_all_zero(std::span<const std::byte> bytes);

} // namespace imagewright::disk
