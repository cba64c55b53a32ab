// SPDX-License-Identifier: MIT
#include "found_records.hpp"

#include <algorithm>
#include <set>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::fleet {

namespace {

constexpr int k_levels = 2;

void add_places(const std::filesystem::path& directory, int levels,
                std::set<std::filesystem::path>& places) {
  if (std::filesystem::is_regular_file(directory / k_record_name)) places.insert(directory);
  if (levels == 0) return;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    // What a build is at work on has a name that begins with a dot.
    const bool is_hidden = entry->path().filename().string().starts_with('.');
    if (!is_hidden && entry->is_directory(ignored) && !entry->is_symlink(ignored))
      add_places(entry->path(), levels - 1, places);
  }
  // Jobs make their directories themselves: what is not there holds no record yet.
  if (error && error != std::errc::no_such_file_or_directory && levels == k_levels) {
    base::throw_system_error("fs.cannot-read", "cannot list", directory.string(), error.value());
  }
}

} // namespace

FoundRecords find_records(const std::vector<std::filesystem::path>& directories) {
  std::set<std::filesystem::path> places;
  for (const std::filesystem::path& directory : directories) {
    const std::filesystem::path plain = (directory / "").lexically_normal().parent_path();
    add_places(plain.empty() ? std::filesystem::path(".") : plain, k_levels, places);
  }
  FoundRecords found;
  for (const std::filesystem::path& place : places) {
    const std::filesystem::path file = place / k_record_name;
    try {
      const auto text = fs::find_file(file, base::ByteSize::mib(16));
      if (!text) continue;
      std::error_code ignored;
      found.records.push_back({.directory = place,
                               .written = std::filesystem::last_write_time(file, ignored),
                               .record = parse_record(*text, file.string())});
    } catch (const base::Error& error) {
      found.damaged.push_back(error.diagnostic().message);
    }
  }
  return found;
}

} // namespace imagewright::fleet
