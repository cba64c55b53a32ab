// SPDX-License-Identifier: MIT
#include <exception>

#include <imagewright/report/stage_scope.hpp>

namespace imagewright::report {

StageScope::StageScope(Reporter& reporter, std::string_view stage, std::string_view detail)
    : reporter_(reporter), stage_(stage), exceptions_at_start_(std::uncaught_exceptions()) {
  reporter_.stage_started(stage_, detail);
}

StageScope::~StageScope() {
  const bool is_unwinding = std::uncaught_exceptions() > exceptions_at_start_;
  reporter_.stage_finished(stage_, is_unwinding ? StageOutcome::failed : StageOutcome::done,
                           summary_);
}

} // namespace imagewright::report
