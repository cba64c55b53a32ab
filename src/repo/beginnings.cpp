// SPDX-License-Identifier: MIT
#include "beginnings.hpp"

#include <system_error>

namespace imagewright::repo {

std::filesystem::path beginning_of(const Download& download) {
  return download.target.string() + ".part";
}

std::uint64_t size_or_zero(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::uint64_t>(size);
}

void remove_beginning(const Download& download) {
  std::error_code error;
  std::filesystem::remove(beginning_of(download), error);
}

void keep_beginnings(const std::vector<Download>& downloads, cache::Cache& cache) {
  for (const Download& download : downloads) {
    const std::filesystem::path part = beginning_of(download);
    if (download.digest && size_or_zero(part) > 0) cache.keep_partial(*download.digest, part);
  }
}

} // namespace imagewright::repo
