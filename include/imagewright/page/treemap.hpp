// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::page {

/// Something large, made of parts.
struct Portion {
  std::string label;
  std::uint64_t bytes = 0;
};

/// A rectangle in units of the picture.
struct Area {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
};

/// Areas of the portions, which are ordered from large to small, filling `whole` (Bruls, Huizing,
/// van Wijk: Squarified Treemaps, 2000). In the order of the portions; portions of no bytes have no
/// area.
std::vector<Area> squarified(const std::vector<Portion>& portions, const Area& whole);

/// A picture (SVG 1.1 inside of HTML) in which each portion's area is its share. Small ones are
/// put together as one. Empty text when nothing has any bytes.
std::string treemap(std::string_view title, std::vector<Portion> portions);

} // namespace imagewright::page
