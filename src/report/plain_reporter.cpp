// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "report/event_text.hpp"
#include "report/guarded.hpp"
#include "report/line_writer.hpp"
#include "report/reporters.hpp"

namespace imagewright::report {

namespace {

/// A log that nobody watches live needs a sign of life, not every package.
constexpr std::chrono::seconds k_progress_interval{10};

} // namespace

PlainReporter::PlainReporter(const ReporterOptions& options, const Clock& clock)
    : options_(options), clock_(clock),
      log_(options.level, options.log_file, [this](Level level, std::string_view text) {
        const std::lock_guard lock(mutex_);
        write_text(options_.fd, message_text(level, text, options_.color) + "\n");
      }) {}

void PlainReporter::stage_started(std::string_view stage, std::string_view detail) noexcept {
  guarded([&] {
    const std::string text = started_text(stage, detail);
    log_.note(text);
    const std::lock_guard lock(mutex_);
    const bool is_part = stages_.is_open(stage);
    stages_.open(stage, detail, clock_.now());
    stages_.find(stage)->shown = clock_.now();
    if (options_.mode != ProgressMode::none && !is_part) write_text(options_.fd, text + "\n");
  });
}

void PlainReporter::stage_finished(std::string_view stage, StageOutcome outcome,
                                   std::string_view summary) noexcept {
  guarded([&] {
    const std::lock_guard lock(mutex_);
    const std::string text =
        finished_text(stage, outcome, summary, stages_.close(stage, clock_.now()));
    log_.note(text);
    const bool is_shown = options_.mode != ProgressMode::none && !stages_.is_open(stage);
    if (is_shown) write_text(options_.fd, text + "\n");
  });
}

void PlainReporter::progress(std::string_view stage, const Progress& progress) noexcept {
  if (options_.mode == ProgressMode::none) return;
  guarded([&] {
    const std::lock_guard lock(mutex_);
    OpenStage* open = stages_.find(stage);
    const auto now = clock_.now();
    if (open == nullptr || now - open->shown.value_or(now) < k_progress_interval) return;
    open->shown = now;
    const std::string amounts = progress_text(progress);
    write_text(options_.fd, fmt::format("{}: {}{}after {}\n", open->name, amounts,
                                        amounts.empty() ? "still at work " : ", ",
                                        duration_text(now - open->started)));
  });
}

void PlainReporter::message(Level level, std::string_view text) noexcept {
  log_.write(level, text);
}

void PlainReporter::warning(const base::Diagnostic& diagnostic) noexcept {
  guarded([&] {
    const std::string text = base::render(diagnostic, options_.read_line, options_.color);
    log_.note(base::render(diagnostic, options_.read_line, base::Color::off));
    if (options_.level > Level::warning) return;
    const std::lock_guard lock(mutex_);
    write_text(options_.fd, text);
  });
}

} // namespace imagewright::report
