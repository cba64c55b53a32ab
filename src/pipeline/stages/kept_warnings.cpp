// SPDX-License-Identifier: MIT
#include "kept_warnings.hpp"

#include <new>
#include <utility>

#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::pipeline {

void KeptWarnings::stage_started(std::string_view stage, std::string_view detail) noexcept {
  next_.stage_started(stage, detail);
}

void KeptWarnings::stage_finished(std::string_view stage, report::StageOutcome outcome,
                                  std::string_view summary) noexcept {
  next_.stage_finished(stage, outcome, summary);
}

void KeptWarnings::progress(std::string_view stage, const report::Progress& progress) noexcept {
  next_.progress(stage, progress);
}

void KeptWarnings::message(report::Level level, std::string_view text) noexcept {
  next_.message(level, text);
}

void KeptWarnings::warning(const base::Diagnostic& diagnostic) noexcept {
  next_.warning(diagnostic);
  try {
    const std::lock_guard lock(mutex_);
    warnings_.push_back(diagnostic);
  } catch (const std::bad_alloc&) {
    // It was shown; a build without memory ends soon, ignoring.
  }
}

std::vector<base::Diagnostic> KeptWarnings::all() const {
  const std::lock_guard lock(mutex_);
  return warnings_;
}

std::string to_bytes(const std::vector<base::Diagnostic>& warnings) {
  sandbox::ByteWriter writer;
  for (const base::Diagnostic& warning : warnings) {
    writer.text(warning.code).text(warning.message).text(warning.hint);
    writer.number(warning.context.size());
    for (const std::string& line : warning.context)
      writer.text(line);
  }
  return writer.take();
}

std::vector<base::Diagnostic> warnings_from(std::string_view bytes) {
  std::vector<base::Diagnostic> warnings;
  for (sandbox::ByteReader reader(bytes); !reader.at_end();) {
    base::Diagnostic warning{.severity = base::Severity::warning};
    warning.code = reader.text();
    warning.message = reader.text();
    warning.hint = reader.text();
    for (std::uint64_t count = reader.number(); count != 0; --count)
      warning.context.push_back(reader.text());
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

} // namespace imagewright::pipeline
