// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "report/event_text.hpp"
#include "report/guarded.hpp"
#include "report/line_writer.hpp"
#include "report/progress_line.hpp"
#include "report/reporters.hpp"

namespace imagewright::report {

namespace {

/// Faster than this nobody can read, and a slow connection would hold up the work.
constexpr std::chrono::milliseconds k_redraw_interval{100};
/// ECMA-48: carriage return, then "erase in line" to its end.
constexpr std::string_view k_erase_line = "\r\x1b[K";

std::string finished_line(std::string_view stage, StageOutcome outcome, std::string_view summary,
                          std::chrono::nanoseconds duration, base::Color color) {
  std::string mark = outcome == StageOutcome::done ? "ok" : "failed";
  if (color == base::Color::on) {
    mark = fmt::format("\x1b[{}m{}\x1b[0m", outcome == StageOutcome::done ? "32" : "1;31", mark);
  }
  return fmt::format("{} {}\n", mark, finished_text(stage, outcome, summary, duration));
}

} // namespace

TerminalReporter::TerminalReporter(const ReporterOptions& options, const Clock& clock)
    : options_(options), clock_(clock),
      log_(options.level, options.log_file, [this](Level level, std::string_view text) {
        const std::lock_guard lock(mutex_);
        print_above(message_text(level, text, options_.color) + "\n");
      }) {}

TerminalReporter::~TerminalReporter() {
  if (has_live_line_) write_text(options_.fd, k_erase_line);
}

void TerminalReporter::stage_started(std::string_view stage, std::string_view detail) noexcept {
  guarded([&] {
    log_.note(started_text(stage, detail));
    const std::lock_guard lock(mutex_);
    stages_.open(stage, detail, clock_.now());
    draw(Redraw::now);
  });
}

void TerminalReporter::stage_finished(std::string_view stage, StageOutcome outcome,
                                      std::string_view summary) noexcept {
  guarded([&] {
    const std::lock_guard lock(mutex_);
    const auto duration = stages_.close(stage, clock_.now());
    log_.note(finished_text(stage, outcome, summary, duration));
    if (stages_.is_open(stage)) return; // it was a part of that one
    print_above(std::string(2 * stages_.depth(), ' ') +
                finished_line(stage, outcome, summary, duration, options_.color));
  });
}

void TerminalReporter::progress(std::string_view stage, const Progress& progress) noexcept {
  guarded([&] {
    const std::lock_guard lock(mutex_);
    OpenStage* open = stages_.find(stage);
    if (open == nullptr) return;
    open->progress = progress;
    draw(Redraw::when_due);
  });
}

void TerminalReporter::message(Level level, std::string_view text) noexcept {
  log_.write(level, text);
}

void TerminalReporter::warning(const base::Diagnostic& diagnostic) noexcept {
  guarded([&] {
    log_.note(base::render(diagnostic, options_.read_line, base::Color::off));
    if (options_.level > Level::warning) return;
    const std::lock_guard lock(mutex_);
    print_above(base::render(diagnostic, options_.read_line, options_.color));
  });
}

void TerminalReporter::print_above(std::string_view lines) {
  std::string text;
  if (has_live_line_) text += k_erase_line;
  text += lines;
  has_live_line_ = false;
  write_text(options_.fd, text);
  draw(Redraw::now);
}

void TerminalReporter::draw(Redraw redraw) {
  const auto now = clock_.now();
  if (redraw == Redraw::when_due && drawn_ && now - *drawn_ < k_redraw_interval) return;
  const OpenStage* stage = stages_.innermost();
  if (stage == nullptr) return;
  drawn_ = now;
  std::string text(k_erase_line);
  text += progress_line(*stage, now, frame_++, terminal_width(options_.fd));
  has_live_line_ = true;
  write_text(options_.fd, text);
}

} // namespace imagewright::report
