// SPDX-License-Identifier: MIT
#pragma once

// How long to wait before asking again.

#include <chrono>
#include <cstdint>

#include <imagewright/base/cancellation.hpp>

namespace imagewright::http {

/// After so many attempts: the first pause, doubled for each further one, up to the longest.
std::chrono::milliseconds pause_after(std::uint32_t attempts, std::chrono::milliseconds first,
                                      std::chrono::milliseconds longest);

/// Throws base::Cancelled.
void pause(std::chrono::milliseconds length, const base::Cancellation& cancellation);

/// Whether the same request may be answered otherwise later; 0 is no answer.
bool may_be_otherwise_later(long status);

} // namespace imagewright::http
