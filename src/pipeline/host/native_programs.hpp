// SPDX-License-Identifier: MIT
#pragma once

// Programs of the host's architecture in place of those of a foreign image.

#include <optional>
#include <string>

#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/sandbox/emulation.hpp>

namespace imagewright::pipeline {

/// Puts the tools that make an initramfs, as the same release builds them for the host's
/// architecture in the same versions, beside the emulator. Gives the reason when the release or its
/// repositories have no such tools: then everything is emulated, with the same result. Every other
/// failure is thrown.
std::optional<std::string> add_native_programs(const plan::ResolvedPlan& plan,
                                               const BuildOptions& options,
                                               const sandbox::Emulator& emulator,
                                               const plan::Services& services);

} // namespace imagewright::pipeline
