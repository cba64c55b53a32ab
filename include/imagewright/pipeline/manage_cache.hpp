// SPDX-License-Identifier: MIT
#pragma once

// The cache directory as a user sees it.

#include <chrono>
#include <cstdint>
#include <filesystem>

#include <imagewright/base/byte_size.hpp>

namespace imagewright::pipeline {

struct CacheUsage {
  std::uint64_t file_count = 0;
  base::ByteSize size;

  bool operator==(const CacheUsage&) const = default;
};

/// Throws base::Error (cache.cannot-open).
CacheUsage cache_usage(const std::filesystem::path& directory);

/// Removes what was not used since that moment; gives what was removed. Throws base::Error
/// (cache.busy) while another process uses the cache.
CacheUsage prune_cache(const std::filesystem::path& directory,
                       std::chrono::system_clock::time_point unused_since);

} // namespace imagewright::pipeline
