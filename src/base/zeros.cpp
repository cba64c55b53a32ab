// SPDX-License-Identifier: MIT
#include <cstring>

#include <imagewright/base/zeros.hpp>

namespace imagewright::base {

bool is_all_zero(std::span<const std::byte> bytes) {
  if (bytes.empty()) return true;
  // Comparing the bytes with themselves, one further, lets memcmp do the work with wide registers.
  return bytes.front() == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

} // namespace imagewright::base
