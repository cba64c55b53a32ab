// SPDX-License-Identifier: MIT
#pragma once

// A reporter that remembers everything, for tests and for work whose events are replayed later.

#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include <imagewright/report/reporter.hpp>

namespace imagewright::report {

struct StageStarted {
  std::string stage;
  std::string detail;

  bool operator==(const StageStarted&) const = default;
};

struct StageFinished {
  std::string stage;
  StageOutcome outcome = StageOutcome::done;
  std::string summary;

  bool operator==(const StageFinished&) const = default;
};

struct StageProgress {
  std::string stage;
  Progress progress;

  bool operator==(const StageProgress&) const = default;
};

struct Message {
  Level level = Level::info;
  std::string text;

  bool operator==(const Message&) const = default;
};

using Event = std::variant<StageStarted, StageFinished, StageProgress, Message, base::Diagnostic>;

class RecordingReporter final : public Reporter {
public:
  void stage_started(std::string_view stage, std::string_view detail) noexcept override;
  void stage_finished(std::string_view stage, StageOutcome outcome,
                      std::string_view summary) noexcept override;
  void progress(std::string_view stage, const Progress& progress) noexcept override;
  void message(Level level, std::string_view text) noexcept override;
  void warning(const base::Diagnostic& diagnostic) noexcept override;

  /// In the order in which they came.
  std::vector<Event> events() const;
  /// Tells another reporter all of it again.
  void replay(Reporter& reporter) const noexcept;

private:
  void add(Event event);

  mutable std::mutex mutex_;
  std::vector<Event> events_;
};

} // namespace imagewright::report
