// SPDX-License-Identifier: MIT
#pragma once

// What the reader and the writer of lock files agree on.

#include <cstdint>

namespace imagewright::lock {

/// Grows when an older program could misread the file.
constexpr std::uint64_t k_format = 1;

} // namespace imagewright::lock
