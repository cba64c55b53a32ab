// SPDX-License-Identifier: MIT
#include <array>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/checked.hpp>
#include <imagewright/base/error.hpp>

namespace imagewright::base {

ByteSize ByteSize::rounded_up_to(ByteSize unit) const {
  const ByteSize below = rounded_down_to(unit);
  return below == *this ? below : below + unit;
}

ByteSize operator+(ByteSize left, ByteSize right) {
  const auto sum = checked_add(left.bytes(), right.bytes());
  IMAGEWRIGHT_ASSERT(sum.has_value());
  return ByteSize(*sum);
}

ByteSize operator-(ByteSize left, ByteSize right) {
  IMAGEWRIGHT_ASSERT(left >= right);
  return ByteSize(left.bytes() - right.bytes());
}

ByteSize operator*(ByteSize size, std::uint64_t factor) {
  const auto product = checked_multiply(size.bytes(), factor);
  IMAGEWRIGHT_ASSERT(product.has_value());
  return ByteSize(*product);
}

std::string to_string(ByteSize size) {
  constexpr std::array<std::string_view, 7> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  std::uint64_t divisor = 1;
  while (unit + 1 < units.size() && size.bytes() / divisor >= 1024) {
    divisor <<= 10U;
    ++unit;
  }
  const std::uint64_t whole = size.bytes() / divisor;
  const std::uint64_t remainder = size.bytes() % divisor;
  if (remainder == 0) return fmt::format("{} {}", whole, units.at(unit));
  const double value = static_cast<double>(size.bytes()) / static_cast<double>(divisor);
  return fmt::format("{:.1f} {}", value, units.at(unit));
}

} // namespace imagewright::base
