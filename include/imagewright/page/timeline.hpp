// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::page {

/// One thing that took time.
struct Span {
  std::string label;
  std::string note; ///< shown beside the time; empty: none
  std::chrono::milliseconds start{0};
  std::chrono::milliseconds duration{0};
  std::uint32_t depth = 0; ///< how many others it is a part of
};

/// A picture (SVG 1.1 inside of HTML): a row for each span in the given order, a bar where it was.
/// Empty text when there is none.
std::string timeline(std::string_view title, const std::vector<Span>& spans);

} // namespace imagewright::page
