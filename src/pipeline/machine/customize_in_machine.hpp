// SPDX-License-Identifier: MIT
#pragma once

// Where nothing is allowed: an image is customized in a machine of our own.

#include "pipeline/customizing/customizing.hpp"

namespace imagewright::pipeline {

/// Carries out in a machine what was prepared outside, and publishes outside. Throws what
/// carry_out() throws inside, and base::Error (machine.…).
CustomizeResult customize_in_machine(const Customizing& customizing,
                                     const CustomizeOptions& options,
                                     const std::filesystem::path& directory,
                                     const plan::Services& services);

} // namespace imagewright::pipeline
