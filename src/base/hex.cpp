// SPDX-License-Identifier: MIT
#include <imagewright/base/hex.hpp>

namespace imagewright::base {

namespace {

std::optional<unsigned> digit(char character) {
  if (character >= '0' && character <= '9') return static_cast<unsigned>(character - '0');
  if (character >= 'a' && character <= 'f') return static_cast<unsigned>(character - 'a') + 10U;
  return std::nullopt;
}

} // namespace

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t place = 0; place + 1 < text.size(); place += 2) {
    const auto high = digit(text[place]);
    const auto low = digit(text[place + 1]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high * 16U + *low);
  }
  return text.size() % 2 == 0 ? std::optional(bytes) : std::nullopt;
}

} // namespace imagewright::base
