// SPDX-License-Identifier: MIT
#pragma once

// The worker that takes a base apart.

#include <string_view>

#include <imagewright/origin/base_image.hpp>

namespace imagewright::origin {

/// Gives the bytes of a BaseContent. Its own descriptor, where there is one, is a file that takes
/// what the image does not hold as it is.
constexpr std::string_view k_take_apart_job = "take-base-apart";

} // namespace imagewright::origin
