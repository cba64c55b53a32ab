// SPDX-License-Identifier: MIT
#pragma once

// Reporting must never end the work that it reports on.

#include <exception>

namespace imagewright::report {

/// Runs `action`. A failure (no memory, a text that cannot be formatted) loses the event and
/// nothing else, ignoring it.
template <typename Action>
void guarded(const Action& action) noexcept {
  try {
    action();
  } catch (const std::exception&) {
    return;
  }
}

} // namespace imagewright::report
