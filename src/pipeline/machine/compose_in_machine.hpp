// SPDX-License-Identifier: MIT
#pragma once

// A root composed in a machine of its own: nothing of what packages bring is run on this host.

#include <filesystem>

#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

#include "machine_codec.hpp"

namespace imagewright::pipeline {

/// Where things go.
struct MachinePlaces {
  std::filesystem::path directory; ///< for the machine's disks; must exist
  std::filesystem::path content;   ///< takes the content of the root's files; must exist, empty
  std::filesystem::path logs;      ///< must exist
};

/// The tree's content stands in `places.content`; owners and modes are in the tree alone.
ComposedRoot compose_in_machine(const plan::ResolvedPlan& plan, const BuildOptions& options,
                                const FetchedPackages& fetched, const MachinePlaces& places,
                                const plan::Services& services);

} // namespace imagewright::pipeline
