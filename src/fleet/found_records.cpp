// SPDX-License-Identifier: MIT
#include "found_records.hpp"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "foreign_file.hpp"
#include "list_words.hpp"

namespace imagewright::fleet {

namespace {

constexpr int k_levels = 2;

/// Looks through directories, and keeps what cannot be looked at.
class Places {
public:
  void add(const std::filesystem::path& directory, int levels) {
    std::error_code error;
    const auto record = std::filesystem::symlink_status(directory / k_record_name, error);
    if (std::filesystem::exists(record)) {
      const std::filesystem::path real = std::filesystem::weakly_canonical(directory, error);
      with_record.emplace(error ? directory : real, directory);
    }
    if (levels == 0) return;
    error.clear();
    std::filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      std::error_code ignored;
      // What a build is at work on has a name that begins with a dot.
      const bool is_hidden = entry->path().filename().string().starts_with('.');
      if (!is_hidden && entry->is_directory(ignored) && !entry->is_symlink(ignored))
        add(entry->path(), levels - 1);
    }
    // Jobs make their directories themselves: what is not there holds no record yet.
    if (error && error != std::errc::no_such_file_or_directory) {
      unreadable.push_back(
          fmt::format("cannot list {}: {}", base::quoted(directory.string()), error.message()));
    }
  }

  /// By their real names: who names a directory twice has one result in it.
  std::map<std::filesystem::path, std::filesystem::path> with_record;
  std::vector<std::string> unreadable;
};

} // namespace

FoundRecords find_records(const std::vector<std::filesystem::path>& directories) {
  Places places;
  for (const std::filesystem::path& directory : directories) {
    const std::filesystem::path plain = (directory / "").lexically_normal().parent_path();
    places.add(plain.empty() ? std::filesystem::path(".") : plain, k_levels);
  }
  FoundRecords found{.records = {}, .damaged = std::move(places.unreadable)};
  for (const auto& [real, place] : places.with_record) {
    const std::filesystem::path file = place / k_record_name;
    try {
      const auto text = find_regular_file(file, k_largest_record);
      if (!text) continue;
      std::error_code ignored;
      found.records.push_back({.directory = place,
                               .written = std::filesystem::last_write_time(file, ignored),
                               .record = parse_record(*text, file.string())});
    } catch (const base::Error& error) {
      found.damaged.push_back(told(error.diagnostic()));
    }
  }
  return found;
}

} // namespace imagewright::fleet
