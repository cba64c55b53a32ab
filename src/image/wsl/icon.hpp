// SPDX-License-Identifier: MIT
#pragma once

// The picture that Windows shows for a distribution that brings none.

#include <string>

namespace imagewright::image {

/// An .ico file with one picture of 32 x 32 points.
std::string default_icon();

} // namespace imagewright::image
