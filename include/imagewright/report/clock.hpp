// SPDX-License-Identifier: MIT
#pragma once

// Elapsed time, for durations only. It never reaches an image.

#include <chrono>

namespace imagewright::report {

/// A point in time that only ever grows; its origin means nothing.
class Clock {
public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  Clock(Clock&&) = delete;
  Clock& operator=(Clock&&) = delete;
  virtual ~Clock() = default;

  virtual std::chrono::nanoseconds now() const noexcept = 0;
};

/// The host's monotonic clock.
class MonotonicClock final : public Clock {
public:
  std::chrono::nanoseconds now() const noexcept override;
};

} // namespace imagewright::report
