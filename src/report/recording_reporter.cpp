// SPDX-License-Identifier: MIT
#include <imagewright/report/recording_reporter.hpp>

#include "report/guarded.hpp"

namespace imagewright::report {

namespace {

struct Replay {
  Reporter& reporter;

  void operator()(const StageStarted& event) const {
    reporter.stage_started(event.stage, event.detail);
  }
  void operator()(const StageFinished& event) const {
    reporter.stage_finished(event.stage, event.outcome, event.summary);
  }
  void operator()(const StageProgress& event) const {
    reporter.progress(event.stage, event.progress);
  }
  void operator()(const Message& event) const { reporter.message(event.level, event.text); }
  void operator()(const base::Diagnostic& event) const { reporter.warning(event); }
};

} // namespace

void RecordingReporter::stage_started(std::string_view stage, std::string_view detail) noexcept {
  guarded([&] { add(StageStarted{std::string(stage), std::string(detail)}); });
}

void RecordingReporter::stage_finished(std::string_view stage, StageOutcome outcome,
                                       std::string_view summary) noexcept {
  guarded([&] { add(StageFinished{std::string(stage), outcome, std::string(summary)}); });
}

void RecordingReporter::progress(std::string_view stage, const Progress& progress) noexcept {
  guarded([&] { add(StageProgress{std::string(stage), progress}); });
}

void RecordingReporter::message(Level level, std::string_view text) noexcept {
  guarded([&] { add(Message{level, std::string(text)}); });
}

void RecordingReporter::warning(const base::Diagnostic& diagnostic) noexcept {
  guarded([&] { add(diagnostic); });
}

std::vector<Event> RecordingReporter::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

void RecordingReporter::replay(Reporter& reporter) const noexcept {
  guarded([&] {
    for (const Event& event : events())
      std::visit(Replay{reporter}, event);
  });
}

void RecordingReporter::add(Event event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
}

} // namespace imagewright::report
