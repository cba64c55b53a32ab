// SPDX-License-Identifier: MIT
#pragma once

// What a machine does for a build: packages and config become a sealed root.

#include <string>

#include <imagewright/machine/run_in_machine.hpp>

namespace imagewright::pipeline {

inline constexpr const char* k_compose_root_job = "compose-root";

/// Below machine::k_guest_work, and at the top of the disk that is read afterwards.
inline constexpr const char* k_root_on_disk = "/root";
inline constexpr const char* k_logs_on_disk = "/logs";

std::string compose_root_inside(const machine::GuestCall& call);

} // namespace imagewright::pipeline
