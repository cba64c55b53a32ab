// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/report/duration_text.hpp>
#include <imagewright/report/stage_timings.hpp>

#include "report/guarded.hpp"

namespace imagewright::report {

namespace {

/// Nobody waits for less.
constexpr std::chrono::seconds k_shortest_wait{1};

std::string with_estimate(std::string_view detail, std::chrono::milliseconds expected) {
  return fmt::format("{}{}took {} the last time", detail, detail.empty() ? "" : ", ",
                     duration_text(expected));
}

} // namespace

void StageTimings::expect(StageDurations durations) {
  const std::lock_guard lock(mutex_);
  expected_ = std::move(durations);
}

void StageTimings::stage_started(std::string_view stage, std::string_view detail) noexcept {
  std::string told;
  guarded([&] {
    const std::lock_guard lock(mutex_);
    const auto expected = expected_.find(std::string(stage));
    if (expected != expected_.end() && expected->second >= k_shortest_wait)
      told = with_estimate(detail, expected->second);
  });
  next_.stage_started(stage, told.empty() ? detail : std::string_view(told));
  guarded([&] {
    const std::lock_guard lock(mutex_);
    const auto open = std::count_if(entries_.begin(), entries_.end(),
                                    [](const Entry& entry) { return entry.is_open; });
    Entry entry;
    entry.timing.stage = stage;
    entry.timing.detail = detail;
    entry.timing.depth = static_cast<std::uint32_t>(open);
    entry.started = clock_.now();
    entry.timing.start =
        entries_.empty() ? std::chrono::nanoseconds{0} : entry.started - entries_.front().started;
    entries_.push_back(std::move(entry));
  });
}

void StageTimings::stage_finished(std::string_view stage, StageOutcome outcome,
                                  std::string_view summary) noexcept {
  next_.stage_finished(stage, outcome, summary);
  guarded([&] {
    const std::lock_guard lock(mutex_);
    const auto entry =
        std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& candidate) {
          return candidate.is_open && candidate.timing.stage == stage;
        });
    if (entry == entries_.rend()) return;
    entry->is_open = false;
    entry->timing.summary = summary;
    entry->timing.outcome = outcome;
    entry->timing.duration = clock_.now() - entry->started;
  });
}

void StageTimings::progress(std::string_view stage, const Progress& progress) noexcept {
  next_.progress(stage, progress);
}

void StageTimings::message(Level level, std::string_view text) noexcept {
  next_.message(level, text);
}

void StageTimings::warning(const base::Diagnostic& diagnostic) noexcept {
  next_.warning(diagnostic);
  guarded([&] {
    const std::lock_guard lock(mutex_);
    warnings_.push_back(diagnostic);
  });
}

std::vector<StageTiming> StageTimings::timings() const {
  const std::lock_guard lock(mutex_);
  std::vector<StageTiming> finished;
  for (const Entry& entry : entries_) {
    if (!entry.is_open) finished.push_back(entry.timing);
  }
  return finished;
}

StageDurations StageTimings::durations() const {
  StageDurations longest;
  for (const StageTiming& timing : timings()) {
    if (timing.outcome != StageOutcome::done) continue;
    auto& known = longest[timing.stage];
    known = std::max(known, std::chrono::duration_cast<std::chrono::milliseconds>(timing.duration));
  }
  return longest;
}

std::vector<base::Diagnostic> StageTimings::warnings() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

} // namespace imagewright::report
