// SPDX-License-Identifier: MIT
#pragma once

// UUIDs that come from names, never from a clock or a random source.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::base {

/// A UUID in the byte order of RFC 9562 (big endian fields).
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;

  /// Version 8 of RFC 9562, section 5.8: derived from SHA-256 over the seed and the name.
  static Uuid from_name(std::string_view seed, std::string_view name);
  /// Reads the 36-character form, in either case.
  static std::optional<Uuid> parse(std::string_view text);
  /// The 36-character form in lower case.
  std::string to_string() const;
};

} // namespace imagewright::base
