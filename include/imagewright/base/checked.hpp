// SPDX-License-Identifier: MIT
#pragma once

// Integer arithmetic for numbers that come from files: nothing wraps, nothing is cut off silently.

#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace imagewright::base {

/// left + right, or nothing when the type cannot hold it.
template <typename Integer>
constexpr std::optional<Integer> checked_add(Integer left, Integer right) {
  Integer result{};
  if (__builtin_add_overflow(left, right, &result)) return std::nullopt;
  return result;
}

/// left * right, or nothing when the type cannot hold it.
template <typename Integer>
constexpr std::optional<Integer> checked_multiply(Integer left, Integer right) {
  Integer result{};
  if (__builtin_mul_overflow(left, right, &result)) return std::nullopt;
  return result;
}

/// The same number in another integer type, or nothing when it does not fit.
template <typename To, typename From>
constexpr std::optional<To> checked_cast(From value) {
  if (!std::in_range<To>(value)) return std::nullopt;
  return static_cast<To>(value);
}

} // namespace imagewright::base
