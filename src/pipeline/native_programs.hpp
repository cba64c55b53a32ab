// SPDX-License-Identifier: MIT
#pragma once

// Programs of the host's architecture in place of those of a foreign image.

#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/sandbox/emulation.hpp>

namespace imagewright::pipeline {

/// Puts the tools that make an initramfs, as the same release builds them for the host's
/// architecture in the same versions, beside the emulator. Where that cannot be had everything is
/// emulated, with the same result: never throws for that.
void add_native_programs(const plan::ResolvedPlan& plan, const BuildOptions& options,
                         const sandbox::Emulator& emulator, const plan::Services& services);

} // namespace imagewright::pipeline
