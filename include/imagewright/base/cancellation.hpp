// SPDX-License-Identifier: MIT
#pragma once

// A wish to stop, made by a signal handler or another thread, honoured at the next safe place.

#include <atomic>

#include <imagewright/base/error.hpp>

namespace imagewright::base {

/// Set once, never cleared. request() is safe in a signal handler.
class Cancellation {
public:
  void request() noexcept { is_requested_.store(true, std::memory_order_relaxed); }
  bool is_requested() const noexcept { return is_requested_.load(std::memory_order_relaxed); }
  /// Throws Cancelled when a stop was requested.
  void check() const {
    if (is_requested()) throw Cancelled();
  }

private:
  std::atomic<bool> is_requested_{false};
};

} // namespace imagewright::base
