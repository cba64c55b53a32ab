// SPDX-License-Identifier: MIT
#include <imagewright/report/clock.hpp>

namespace imagewright::report {

std::chrono::nanoseconds MonotonicClock::now() const noexcept {
  return std::chrono::steady_clock::now().time_since_epoch();
}

} // namespace imagewright::report
