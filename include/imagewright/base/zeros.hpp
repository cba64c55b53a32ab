// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

namespace imagewright::base {

/// True of no bytes at all, too.
bool is_all_zero(std::span<const std::byte> bytes);

} // namespace imagewright::base
