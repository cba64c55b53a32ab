// SPDX-License-Identifier: MIT
#pragma once

// The worker's part of add_sections().

#include <string>
#include <string_view>

#include <imagewright/sandbox/worker.hpp>

namespace imagewright::finalize {

inline constexpr std::string_view k_added_sections_job = "add-sections";

std::string write_added_sections(const sandbox::WorkerCall& call);

} // namespace imagewright::finalize
