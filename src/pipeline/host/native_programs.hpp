// SPDX-License-Identifier: MIT
#pragma once

// Programs of the host's architecture in place of those of a foreign image.

#include <optional>
#include <string>
#include <variant>

#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/sandbox/emulation.hpp>

#include "pipeline/install_request.hpp"

namespace imagewright::pipeline {

/// The tools that make an initramfs, as the same release builds them for this host's architecture
/// in the same versions.
struct NativeTools {
  model::ArchitectureLock lock;
  base::Epoch epoch{};
  FetchedPackages fetched;
};

/// Why the release or its repositories have no such tools: then everything is emulated, with the
/// same result.
struct NoTools {
  std::string reason;
};

/// Asks the repositories, and fetches. Every other failure is thrown.
std::variant<NativeTools, NoTools> find_native_tools(const plan::ResolvedPlan& image,
                                                     const BuildOptions& options,
                                                     const plan::Services& services);

/// Puts them beside the emulator.
void install_native_tools(const NativeTools& tools, const plan::PlanOptions& options,
                          const sandbox::Emulator& emulator, const plan::Services& services);

/// Finds them and puts them beside the emulator. Gives the reason when there are none.
std::optional<std::string> add_native_programs(const plan::ResolvedPlan& plan,
                                               const BuildOptions& options,
                                               const sandbox::Emulator& emulator,
                                               const plan::Services& services);

} // namespace imagewright::pipeline
