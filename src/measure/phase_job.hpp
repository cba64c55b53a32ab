// SPDX-License-Identifier: MIT
#pragma once

// The worker's part of phase_values().

#include <string>
#include <string_view>

#include <imagewright/sandbox/worker.hpp>

namespace imagewright::measure {

inline constexpr std::string_view k_phase_job = "measure-phases";

std::string measure_phases(const sandbox::WorkerCall& call);

} // namespace imagewright::measure
