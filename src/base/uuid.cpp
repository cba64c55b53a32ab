// SPDX-License-Identifier: MIT
#include <charconv>
#include <cstddef>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/uuid.hpp>

namespace imagewright::base {

namespace {

constexpr std::size_t k_text_length = 36;

bool is_dash_position(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

std::optional<std::uint8_t> hex_byte(std::string_view two_digits) {
  std::uint8_t value = 0;
  const char* end = two_digits.data() + two_digits.size();
  const auto result = std::from_chars(two_digits.data(), end, value, 16);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

} // namespace

Uuid Uuid::from_name(std::string_view seed, std::string_view name) {
  Hasher hasher;
  hasher.update(seed);
  // A separator that cannot be part of either text keeps ("ab","c") and ("a","bc") apart.
  hasher.update(std::string_view("\0", 1));
  hasher.update(name);
  const std::string hex = hasher.finish().hex;
  Uuid uuid;
  for (std::size_t index = 0; index < uuid.bytes.size(); ++index) {
    uuid.bytes.at(index) = *hex_byte(std::string_view(hex).substr(index * 2, 2));
  }
  // RFC 9562, sections 4.1 and 4.2: variant 0b10, version 8.
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0FU) | 0x80U);
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3FU) | 0x80U);
  return uuid;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != k_text_length) return std::nullopt;
  Uuid uuid;
  std::size_t index = 0;
  for (std::size_t position = 0; position < text.size();) {
    if (is_dash_position(position)) {
      if (text[position] != '-') return std::nullopt;
      ++position;
      continue;
    }
    const auto byte = hex_byte(text.substr(position, 2));
    if (!byte) return std::nullopt;
    uuid.bytes.at(index++) = *byte;
    position += 2;
  }
  return uuid;
}

std::string Uuid::to_string() const {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (is_dash_position(text.size())) text += '-';
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

} // namespace imagewright::base
