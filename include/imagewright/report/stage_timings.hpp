// SPDX-License-Identifier: MIT
#pragma once

// What the build report needs to remember of a run: how long each stage took, and every warning.

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <imagewright/report/clock.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::report {

/// One finished stage.
struct StageTiming {
  std::string stage;
  std::string detail;
  std::string summary;
  /// How many stages were open around it.
  std::uint32_t depth = 0;
  /// Since the first stage began.
  std::chrono::nanoseconds start{0};
  std::chrono::nanoseconds duration{0};
  StageOutcome outcome = StageOutcome::done;

  bool operator==(const StageTiming&) const = default;
};

/// How long stages took, by their names.
using StageDurations = std::map<std::string, std::chrono::milliseconds>;

/// Passes everything on to another reporter and keeps stages and warnings.
class StageTimings final : public Reporter {
public:
  StageTimings(Reporter& next, const Clock& clock) : next_(next), clock_(clock) {}

  /// Whoever waits for a stage is told how long it took before.
  void expect(StageDurations durations);

  void stage_started(std::string_view stage, std::string_view detail) noexcept override;
  void stage_finished(std::string_view stage, StageOutcome outcome,
                      std::string_view summary) noexcept override;
  void progress(std::string_view stage, const Progress& progress) noexcept override;
  void message(Level level, std::string_view text) noexcept override;
  void warning(const base::Diagnostic& diagnostic) noexcept override;

  /// Of stages that were done, the longest of each name.
  StageDurations durations() const;
  /// Finished stages in the order in which they started.
  std::vector<StageTiming> timings() const;
  std::vector<base::Diagnostic> warnings() const;

private:
  struct Entry {
    StageTiming timing;
    std::chrono::nanoseconds started{0};
    bool is_open = true;
  };

  Reporter& next_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  StageDurations expected_;
  std::vector<base::Diagnostic> warnings_;
};

} // namespace imagewright::report
