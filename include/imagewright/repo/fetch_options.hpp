// SPDX-License-Identifier: MIT
#pragma once

// How patient and how parallel fetching is.

#include <chrono>
#include <cstdint>

namespace imagewright::repo {

enum class Network : std::uint8_t {
  allowed,
  forbidden, ///< only the cache and local directories
};

struct FetchOptions {
  Network network = Network::allowed;
  std::uint32_t parallel_downloads = 8;
  /// That compare checksums.
  unsigned thread_count = 1;
  /// How often a file is tried, over all mirrors, before it counts as unreachable.
  std::uint32_t attempts = 3;
  /// Before the second attempt; doubled before each further one.
  std::chrono::milliseconds pause{250};
  std::chrono::seconds connect_timeout{20};
  /// A transfer that moves less than 1000 bytes a second for this long is broken off.
  std::chrono::seconds stall_timeout{30};

  bool operator==(const FetchOptions&) const = default;
};

} // namespace imagewright::repo
