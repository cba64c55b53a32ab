// SPDX-License-Identifier: MIT
#pragma once

// Where nothing is allowed: files go back into an image in a machine of our own, which may give
// them and all others their owners.

#include <string>

#include <imagewright/machine/run_in_machine.hpp>

#include "pipeline/customizing/customizing.hpp"

namespace imagewright::pipeline {

inline constexpr const char* k_inject_job = "inject-files";

/// Throws what inject_files() throws, and base::Error (machine.…).
CustomizeResult inject_in_machine(const Customizing& customizing, const InjectOptions& options,
                                  const plan::Services& services);

/// What the machine does for it.
std::string inject_inside(const machine::GuestCall& call);

} // namespace imagewright::pipeline
