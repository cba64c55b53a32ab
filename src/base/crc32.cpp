// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/base/crc32.hpp>

namespace imagewright::base {

namespace {

using Table = std::array<std::uint32_t, 256>;

constexpr Table make_table(std::uint32_t reversed_polynomial) {
  Table table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1U) ^ ((value & 1U) != 0 ? reversed_polynomial : 0U);
    }
    table.at(byte) = value;
  }
  return table;
}

constexpr Table k_ethernet = make_table(0xEDB88320U);
constexpr Table k_castagnoli = make_table(0x82F63B78U);

std::uint32_t checksum(std::span<const std::byte> data, const Table& table) {
  std::uint32_t value = ~0U;
  for (const std::byte byte : data) {
    value = (value >> 8U) ^ table.at((value ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU);
  }
  return ~value;
}

} // namespace

std::uint32_t crc32(std::span<const std::byte> data) {
  return checksum(data, k_ethernet);
}

std::uint32_t crc32c(std::span<const std::byte> data) {
  return checksum(data, k_castagnoli);
}

} // namespace imagewright::base
