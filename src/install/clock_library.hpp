// SPDX-License-Identifier: MIT
#pragma once

// A clock that stands still, for the programs that packages' scripts run.

#include <string>

#include <imagewright/base/epoch.hpp>
#include <imagewright/model/architecture.hpp>

namespace imagewright::install {

/// A shared object for the dynamic linker (LD_PRELOAD) whose time(), gettimeofday() and
/// clock_gettime() give this time of day; other clocks run as ever. Empty for an architecture that
/// it is not known for.
std::string clock_library(const model::Architecture& architecture, base::Epoch epoch);

} // namespace imagewright::install
