// SPDX-License-Identifier: MIT
#pragma once

// How patient and how parallel fetching is.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>

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
  /// How often a file is tried, over all mirrors each time, before it counts as unreachable. An
  /// attempt that moved bytes of it goes on where it broke off and does not count.
  std::uint32_t attempts = 6;
  /// Before the second attempt; doubled before each further one. A server that says when it will be
  /// back is believed.
  std::chrono::milliseconds pause{1000};
  std::chrono::milliseconds longest_pause{30000};
  std::chrono::seconds connect_timeout{20};
  /// A transfer that moves nothing for this long is broken off,
  std::chrono::seconds stall_timeout{30};
  /// and so is one that moves less than this a second over that long.
  base::ByteSize least_rate = base::ByteSize::kib(4);
  std::chrono::seconds rate_window{120};
  /// Files and directories in which keys are looked for that are named by their fingerprints.
  std::vector<std::filesystem::path> key_places = {};
  /// How to get such a key, by its fingerprint in capitals.
  std::map<std::string, std::string> key_sources = {};
  /// Keys that were given for this run, and the repositories that were moved for it: what stands
  /// there may be signed with one of these keys in place of the one that is named.
  std::vector<std::filesystem::path> given_keys = {};
  std::vector<std::string> moved_repositories = {};

  bool operator==(const FetchOptions&) const = default;
};

} // namespace imagewright::repo
