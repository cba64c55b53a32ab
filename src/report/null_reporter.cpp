// SPDX-License-Identifier: MIT
#include <imagewright/report/reporter.hpp>

namespace imagewright::report {

void NullReporter::stage_started(std::string_view, std::string_view) noexcept {}

void NullReporter::stage_finished(std::string_view, StageOutcome, std::string_view) noexcept {}

void NullReporter::progress(std::string_view, const Progress&) noexcept {}

void NullReporter::message(Level, std::string_view) noexcept {}

void NullReporter::warning(const base::Diagnostic&) noexcept {}

} // namespace imagewright::report
