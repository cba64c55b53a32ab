// SPDX-License-Identifier: MIT
#pragma once

// What of a base may stay in it while an image is made from it.

#include <imagewright/origin/base_image.hpp>

#include "places.hpp"

namespace imagewright::origin {

/// Whether partitions and what tells of them have nothing in common, on the base and on the disk
/// that is made: what writes tables reads and writes the disk's own file, and must not come upon
/// bytes that stand elsewhere. It is so on every sensible disk.
bool stand_tables_alone(const BaseImage& base, const Places& places);

} // namespace imagewright::origin
