// SPDX-License-Identifier: MIT
#pragma once

// The interpreter of foreign programs: a static program that travels inside this one.

#include <string_view>

namespace imagewright::sandbox {

std::string_view interpreter_image();

} // namespace imagewright::sandbox
