// SPDX-License-Identifier: MIT
#include "stage_estimates.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/cache/cache.hpp>

namespace imagewright::pipeline {

namespace {

constexpr auto k_note_kind = "durations";

/// "STAGE MILLISECONDS" of what may have been written by anybody: a word and a number, or nothing.
void take_line(const std::string& line, report::StageDurations& durations) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string::npos || blank == 0) return;
  std::uint32_t number = 0;
  const char* end = line.data() + line.size();
  const auto [rest, error] = std::from_chars(line.data() + blank + 1, end, number);
  if (error != std::errc() || rest != end) return;
  durations[line.substr(0, blank)] = std::chrono::milliseconds(number);
}

} // namespace

report::StageDurations recall_durations(const std::filesystem::path& cache_directory,
                                        const std::string& subject) {
  report::StageDurations durations;
  const cache::Cache cache(cache_directory);
  const auto note = cache.find_note(k_note_kind, subject);
  for (const std::string& line : base::split(note.value_or(""), '\n'))
    take_line(line, durations);
  return durations;
}

void remember_durations(const std::filesystem::path& cache_directory, const std::string& subject,
                        const report::StageDurations& durations) {
  report::StageDurations all = durations;
  all.merge(recall_durations(cache_directory, subject));
  std::string text;
  for (const auto& [stage, duration] : all)
    text += fmt::format("{} {}\n", stage, duration.count());
  try {
    cache::Cache(cache_directory).put_note(k_note_kind, subject, text);
  } catch (const base::Error&) {
    // An estimate less, the next time.
  }
}

} // namespace imagewright::pipeline
