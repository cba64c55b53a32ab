// SPDX-License-Identifier: MIT
#include "crc32.hpp"

#include <array>

namespace imagewright::disk {

namespace {

constexpr std::uint32_t k_reversed_polynomial = 0xEDB88320U;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1U) ^ ((value & 1U) != 0 ? k_reversed_polynomial : 0U);
    }
    table.at(byte) = value;
  }
  return table;
}

constexpr auto k_table = make_table();

} // namespace

std::uint32_t crc32(std::span<const std::byte> data) {
  std::uint32_t value = ~0U;
  for (const std::byte byte : data) {
    value = (value >> 8U) ^ k_table.at((value ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU);
  }
  return ~value;
}

} // namespace imagewright::disk
