// SPDX-License-Identifier: MIT
#include "image/wsl/icon.hpp"

#include <cstddef>
#include <cstdint>

namespace imagewright::image {

namespace {

constexpr std::uint32_t k_side = 32;
constexpr std::uint32_t k_header_size = 40; ///< BITMAPINFOHEADER
constexpr std::uint32_t k_mask_size = k_side * 4;
constexpr std::uint32_t k_picture_size = k_header_size + k_side * k_side * 4 + k_mask_size;
constexpr std::uint32_t k_picture_offset = 6 + 16; ///< ICONDIR and one ICONDIRENTRY

void put(std::string& bytes, std::uint32_t value, unsigned size) {
  for (unsigned index = 0; index < size; ++index)
    bytes.push_back(static_cast<char>(value >> (8 * index) & 0xFFU));
}

/// A plate with a frame and, as a prompt has it, an angle and a line. Blue, green, red, alpha.
std::uint32_t color_at(std::uint32_t x, std::uint32_t y) {
  constexpr std::uint32_t k_frame = 0xFF2F4F6FU;
  constexpr std::uint32_t k_plate = 0xFF16263AU;
  constexpr std::uint32_t k_sign = 0xFFF2F2F2U;
  const bool is_edge = x < 2 || y < 2 || x >= k_side - 2 || y >= k_side - 2;
  if (is_edge) return k_frame;
  const std::uint32_t fall = y < 14 ? y - 8 : 20 - y;
  const bool is_angle = y >= 8 && y <= 20 && x >= 8 + fall && x < 11 + fall;
  const bool is_line = y >= 20 && y <= 22 && x >= 17 && x < 25;
  return is_angle || is_line ? k_sign : k_plate;
}

} // namespace

// The ICO format: ICONDIR, ICONDIRENTRY, then a device independent bitmap from the bottom up, whose
// height counts the mask as well.
std::string default_icon() {
  std::string bytes;
  put(bytes, 0, 2);
  put(bytes, 1, 2);
  put(bytes, 1, 2);
  put(bytes, k_side, 1);
  put(bytes, k_side, 1);
  put(bytes, 0, 2);
  put(bytes, 1, 2);
  put(bytes, 32, 2);
  put(bytes, k_picture_size, 4);
  put(bytes, k_picture_offset, 4);
  put(bytes, k_header_size, 4);
  put(bytes, k_side, 4);
  put(bytes, 2 * k_side, 4);
  put(bytes, 1, 2);
  put(bytes, 32, 2);
  for (int field = 0; field < 6; ++field)
    put(bytes, 0, 4);
  for (std::uint32_t row = 0; row < k_side; ++row) {
    for (std::uint32_t x = 0; x < k_side; ++x)
      put(bytes, color_at(x, k_side - 1 - row), 4);
  }
  bytes.append(std::size_t{k_mask_size}, '\0');
  return bytes;
}

} // namespace imagewright::image
