// SPDX-License-Identifier: MIT
#pragma once

// Warnings of a stage, which are said again whenever its result is used.

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::pipeline {

/// Passes everything on and keeps the warnings.
class KeptWarnings final : public report::Reporter {
public:
  explicit KeptWarnings(report::Reporter& next) : next_(next) {}

  void stage_started(std::string_view stage, std::string_view detail) noexcept override;
  void stage_finished(std::string_view stage, report::StageOutcome outcome,
                      std::string_view summary) noexcept override;
  void progress(std::string_view stage, const report::Progress& progress) noexcept override;
  void message(report::Level level, std::string_view text) noexcept override;
  void warning(const base::Diagnostic& diagnostic) noexcept override;

  std::vector<base::Diagnostic> all() const;

private:
  report::Reporter& next_;
  mutable std::mutex mutex_;
  std::vector<base::Diagnostic> warnings_;
};

/// Code, message, context and hint; places in files are left out: lines may have moved since.
std::string to_bytes(const std::vector<base::Diagnostic>& warnings);
std::vector<base::Diagnostic> warnings_from(std::string_view bytes);

} // namespace imagewright::pipeline
