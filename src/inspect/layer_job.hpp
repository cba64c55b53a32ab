// SPDX-License-Identifier: MIT
#pragma once

// What the worker does that reads layers.

#include <string>
#include <string_view>

#include <imagewright/sandbox/worker.hpp>

namespace imagewright::inspect {

inline constexpr std::string_view k_layers_job = "read-layer-packages";

std::string read_layers_in_worker(const sandbox::WorkerCall& call);

} // namespace imagewright::inspect
