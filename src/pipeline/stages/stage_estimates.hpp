// SPDX-License-Identifier: MIT
#pragma once

// How long the stages of a build took when it was last done here.

#include <filesystem>
#include <string>

#include <imagewright/report/stage_timings.hpp>

namespace imagewright::pipeline {

/// What was kept of the last build of `subject`; empty when there was none.
report::StageDurations recall_durations(const std::filesystem::path& cache_directory,
                                        const std::string& subject);

/// Keeps them beside those of stages that this build did not have to do.
void remember_durations(const std::filesystem::path& cache_directory, const std::string& subject,
                        const report::StageDurations& durations);

} // namespace imagewright::pipeline
