// SPDX-License-Identifier: MIT
#include <algorithm>
#include <thread>

#include <imagewright/http/pause.hpp>

namespace imagewright::http {

std::chrono::milliseconds pause_after(std::uint32_t attempts, std::chrono::milliseconds first,
                                      std::chrono::milliseconds longest) {
  constexpr std::uint32_t k_most_doublings = 10;
  const std::uint32_t doublings = std::min(std::max(attempts, 1U) - 1, k_most_doublings);
  return std::min(longest, first * (1U << doublings));
}

void pause(std::chrono::milliseconds length, const base::Cancellation& cancellation) {
  constexpr std::chrono::milliseconds k_slice{50};
  const auto end = std::chrono::steady_clock::now() + length;
  for (auto now = std::chrono::steady_clock::now(); now < end;
       now = std::chrono::steady_clock::now()) {
    cancellation.check();
    std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(k_slice, end - now));
  }
  cancellation.check();
}

bool may_be_otherwise_later(long status) {
  return status == 0 || status == 408 || status == 429 || status >= 500;
}

} // namespace imagewright::http
