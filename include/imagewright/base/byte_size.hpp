// SPDX-License-Identifier: MIT
#pragma once

// Sizes and offsets in bytes, as a type of their own.

#include <compare>
#include <cstdint>
#include <string>

namespace imagewright::base {

/// A number of bytes. Arithmetic that would overflow throws BugError: values from files are checked
/// before (checked.hpp).
class ByteSize {
public:
  constexpr ByteSize() = default;
  constexpr explicit ByteSize(std::uint64_t bytes) : bytes_(bytes) {}

  static constexpr ByteSize kib(std::uint64_t count) { return ByteSize(count << 10U); }
  static constexpr ByteSize mib(std::uint64_t count) { return ByteSize(count << 20U); }
  static constexpr ByteSize gib(std::uint64_t count) { return ByteSize(count << 30U); }

  constexpr std::uint64_t bytes() const { return bytes_; }
  constexpr bool is_multiple_of(ByteSize unit) const { return bytes_ % unit.bytes_ == 0; }
  /// The next multiple of `unit` that is not smaller.
  ByteSize rounded_up_to(ByteSize unit) const;
  /// The next multiple of `unit` that is not larger.
  constexpr ByteSize rounded_down_to(ByteSize unit) const {
    return ByteSize(bytes_ - bytes_ % unit.bytes_);
  }

  constexpr auto operator<=>(const ByteSize&) const = default;

private:
  std::uint64_t bytes_ = 0;
};

ByteSize operator+(ByteSize left, ByteSize right);
ByteSize operator-(ByteSize left, ByteSize right);
ByteSize operator*(ByteSize size, std::uint64_t factor);

/// For people: "512 B", "1.5 MiB", "4 GiB".
std::string to_string(ByteSize size);

} // namespace imagewright::base
