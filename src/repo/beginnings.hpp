// SPDX-License-Identifier: MIT
#pragma once

// What has arrived of downloads that broke off. It stands beside the target, and in the cache until
// somebody wants the rest.

#include <cstdint>
#include <filesystem>
#include <vector>

#include <imagewright/cache/cache.hpp>

#include "downloader.hpp"

namespace imagewright::repo {

/// Where the beginning of a download is kept that broke off.
std::filesystem::path beginning_of(const Download& download);

/// 0 when there is no such file.
std::uint64_t size_or_zero(const std::filesystem::path& path);

void remove_beginning(const Download& download);

/// Of downloads with a digest, so that another build goes on with it.
void keep_beginnings(const std::vector<Download>& downloads, cache::Cache& cache);

} // namespace imagewright::repo
