// SPDX-License-Identifier: MIT
#include <imagewright/base/shown_diagnostic.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/json/value.hpp>

#include "report/guarded.hpp"
#include "report/line_writer.hpp"
#include "report/reporters.hpp"

namespace imagewright::report {

namespace {

constexpr std::chrono::milliseconds k_progress_interval{200};

double seconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(
             std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) /
         1000.0;
}

json::Object amount(std::uint64_t done, std::optional<std::uint64_t> total) {
  json::Object object{{"done", done}};
  if (total) object.emplace_back("total", *total);
  return object;
}

bool is_complete(const Progress& progress) {
  return progress.items_total && progress.items_done >= *progress.items_total;
}

json::Object warning_object(const base::Diagnostic& told) {
  const base::Diagnostic diagnostic = base::without_secrets(told);
  json::Object object{
      {"event", "warning"}, {"code", diagnostic.code}, {"message", diagnostic.message}};
  if (diagnostic.where) {
    object.emplace_back("file", diagnostic.where->file);
    object.emplace_back("line", diagnostic.where->line);
    object.emplace_back("column", diagnostic.where->column);
  }
  if (!diagnostic.context.empty()) {
    object.emplace_back("context",
                        json::Array(diagnostic.context.begin(), diagnostic.context.end()));
  }
  if (!diagnostic.hint.empty()) object.emplace_back("hint", diagnostic.hint);
  return object;
}

void write_line(int fd, json::Object object) {
  write_text(fd, json::to_line(json::Value(std::move(object))) + "\n");
}

} // namespace

JsonReporter::JsonReporter(const ReporterOptions& options, const Clock& clock)
    : options_(options), clock_(clock), origin_(clock.now()),
      log_(options.level, options.log_file, [this](Level level, std::string_view text) {
        const std::lock_guard lock(mutex_);
        write_line(options_.fd, {{"event", "message"},
                                 {"level", to_string(level)},
                                 {"text", base::without_secrets(text)}});
      }) {}

void JsonReporter::stage_started(std::string_view stage, std::string_view detail) noexcept {
  guarded([&] {
    const std::lock_guard lock(mutex_);
    stages_.open(stage, detail, clock_.now());
    write_line(options_.fd, {{"event", "stage-started"},
                             {"stage", stage},
                             {"detail", detail},
                             {"elapsed", seconds(clock_.now() - origin_)}});
  });
}

void JsonReporter::stage_finished(std::string_view stage, StageOutcome outcome,
                                  std::string_view summary) noexcept {
  guarded([&] {
    const std::lock_guard lock(mutex_);
    const auto duration = stages_.close(stage, clock_.now());
    write_line(options_.fd, {{"event", "stage-finished"},
                             {"stage", stage},
                             {"outcome", outcome == StageOutcome::done ? "done" : "failed"},
                             {"summary", summary},
                             {"duration", seconds(duration)},
                             {"elapsed", seconds(clock_.now() - origin_)}});
  });
}

void JsonReporter::progress(std::string_view stage, const Progress& progress) noexcept {
  guarded([&] {
    const std::lock_guard lock(mutex_);
    OpenStage* open = stages_.find(stage);
    const auto now = clock_.now();
    const bool is_due =
        open == nullptr || !open->shown || now - *open->shown >= k_progress_interval;
    if (!is_due && !is_complete(progress)) return;
    if (open != nullptr) open->shown = now;
    json::Object object{{"event", "progress"}, {"stage", stage}};
    object.emplace_back("items", amount(progress.items_done, progress.items_total));
    object.emplace_back(
        "bytes",
        amount(progress.bytes_done.bytes(),
               progress.bytes_total ? std::optional(progress.bytes_total->bytes()) : std::nullopt));
    if (!progress.current.empty()) object.emplace_back("current", progress.current);
    write_line(options_.fd, std::move(object));
  });
}

void JsonReporter::message(Level level, std::string_view text) noexcept {
  log_.write(level, text);
}

void JsonReporter::warning(const base::Diagnostic& diagnostic) noexcept {
  guarded([&] {
    const std::lock_guard lock(mutex_);
    write_line(options_.fd, warning_object(diagnostic));
  });
}

} // namespace imagewright::report
