// SPDX-License-Identifier: MIT
#pragma once

// The reporters that write to a stream. All of them lock around every event.

#include <mutex>

#include <imagewright/report/clock.hpp>
#include <imagewright/report/factory.hpp>

#include "report/log.hpp"
#include "report/open_stages.hpp"

namespace imagewright::report {

/// A line when a stage starts, one when it ends, and now and then one in between.
class PlainReporter final : public Reporter {
public:
  PlainReporter(const ReporterOptions& options, const Clock& clock);

  void stage_started(std::string_view stage, std::string_view detail) noexcept override;
  void stage_finished(std::string_view stage, StageOutcome outcome,
                      std::string_view summary) noexcept override;
  void progress(std::string_view stage, const Progress& progress) noexcept override;
  void message(Level level, std::string_view text) noexcept override;
  void warning(const base::Diagnostic& diagnostic) noexcept override;

private:
  ReporterOptions options_;
  const Clock& clock_;
  std::mutex mutex_;
  OpenStages stages_;
  Log log_;
};

/// Finished stages above, one live line below them.
class TerminalReporter final : public Reporter {
public:
  TerminalReporter(const ReporterOptions& options, const Clock& clock);
  TerminalReporter(const TerminalReporter&) = delete;
  TerminalReporter& operator=(const TerminalReporter&) = delete;
  TerminalReporter(TerminalReporter&&) = delete;
  TerminalReporter& operator=(TerminalReporter&&) = delete;
  ~TerminalReporter() override;

  void stage_started(std::string_view stage, std::string_view detail) noexcept override;
  void stage_finished(std::string_view stage, StageOutcome outcome,
                      std::string_view summary) noexcept override;
  void progress(std::string_view stage, const Progress& progress) noexcept override;
  void message(Level level, std::string_view text) noexcept override;
  void warning(const base::Diagnostic& diagnostic) noexcept override;

private:
  enum class Redraw : std::uint8_t { now, when_due };

  /// These expect the mutex to be held.
  void print_above(std::string_view lines);
  void draw(Redraw redraw);

  ReporterOptions options_;
  const Clock& clock_;
  std::mutex mutex_;
  OpenStages stages_;
  std::optional<std::chrono::nanoseconds> drawn_;
  bool has_live_line_ = false;
  std::size_t frame_ = 0;
  Log log_;
};

/// One JSON object per line and event.
class JsonReporter final : public Reporter {
public:
  JsonReporter(const ReporterOptions& options, const Clock& clock);

  void stage_started(std::string_view stage, std::string_view detail) noexcept override;
  void stage_finished(std::string_view stage, StageOutcome outcome,
                      std::string_view summary) noexcept override;
  void progress(std::string_view stage, const Progress& progress) noexcept override;
  void message(Level level, std::string_view text) noexcept override;
  void warning(const base::Diagnostic& diagnostic) noexcept override;

private:
  ReporterOptions options_;
  const Clock& clock_;
  std::chrono::nanoseconds origin_;
  std::mutex mutex_;
  OpenStages stages_;
  Log log_;
};

} // namespace imagewright::report
