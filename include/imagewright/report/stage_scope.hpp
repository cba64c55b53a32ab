// SPDX-License-Identifier: MIT
#pragma once

// A stage that ends with its scope, also when an exception ends the scope.

#include <string>
#include <string_view>

#include <imagewright/report/reporter.hpp>

namespace imagewright::report {

/// Reports the start of a stage now and its end when destroyed: as failed when an exception is
/// passing through.
class StageScope {
public:
  StageScope(Reporter& reporter, std::string_view stage, std::string_view detail = {});
  StageScope(const StageScope&) = delete;
  StageScope& operator=(const StageScope&) = delete;
  StageScope(StageScope&&) = delete;
  StageScope& operator=(StageScope&&) = delete;
  ~StageScope();

  void progress(const Progress& progress) noexcept { reporter_.progress(stage_, progress); }
  /// What the end of the stage will say, for people: "135 packages, 107 MiB".
  void set_summary(std::string summary) { summary_ = std::move(summary); }

private:
  Reporter& reporter_;
  std::string stage_;
  std::string summary_;
  int exceptions_at_start_;
};

} // namespace imagewright::report
