// SPDX-License-Identifier: MIT
#include <imagewright/cache/cache.hpp>
#include <imagewright/pipeline/manage_cache.hpp>

namespace imagewright::pipeline {

namespace {

CacheUsage summed(const cache::Usage& usage) {
  return {.file_count = usage.objects + usage.trees + usage.notes, .size = usage.size};
}

} // namespace

CacheUsage cache_usage(const std::filesystem::path& directory) {
  return summed(cache::Cache(directory).usage());
}

CacheUsage prune_cache(const std::filesystem::path& directory,
                       std::chrono::system_clock::time_point unused_since) {
  return summed(cache::Cache(directory).prune(unused_since));
}

} // namespace imagewright::pipeline
