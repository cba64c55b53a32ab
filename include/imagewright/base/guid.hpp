// SPDX-License-Identifier: MIT
#pragma once

// UUIDs as UEFI (2.10, appendix A) and Microsoft's formats store them: the first three fields with
// the least significant byte first. Callers have checked that the place is inside.

#include <array>
#include <cstddef>
#include <span>

#include <imagewright/base/error.hpp>
#include <imagewright/base/uuid.hpp>

namespace imagewright::base {

inline constexpr std::array<std::size_t, 16> k_guid_order = {3, 2, 1,  0,  5,  4,  7,  6,
                                                             8, 9, 10, 11, 12, 13, 14, 15};

inline Uuid get_guid(std::span<const std::byte> bytes, std::size_t offset) {
  IMAGEWRIGHT_ASSERT(offset <= bytes.size() && k_guid_order.size() <= bytes.size() - offset);
  Uuid uuid;
  for (std::size_t index = 0; index < k_guid_order.size(); ++index) {
    uuid.bytes.at(index) = std::to_integer<std::uint8_t>(bytes[offset + k_guid_order.at(index)]);
  }
  return uuid;
}

inline void put_guid(std::span<std::byte> bytes, std::size_t offset, const Uuid& uuid) {
  IMAGEWRIGHT_ASSERT(offset <= bytes.size() && k_guid_order.size() <= bytes.size() - offset);
  for (std::size_t index = 0; index < k_guid_order.size(); ++index) {
    bytes[offset + k_guid_order.at(index)] = static_cast<std::byte>(uuid.bytes.at(index));
  }
}

} // namespace imagewright::base
