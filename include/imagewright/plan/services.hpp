// SPDX-License-Identifier: MIT
#pragma once

// What the pipeline works with, whatever it is asked to do.

#include <filesystem>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/report/clock.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::plan {

/// All are borrowed and must outlive the call.
struct Services {
  report::Reporter& reporter;
  const base::Cancellation& cancellation;
  const report::Clock& clock;
  std::filesystem::path cache_directory;
  unsigned thread_count = 1;
};

} // namespace imagewright::plan
