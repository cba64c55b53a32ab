// SPDX-License-Identifier: MIT
#pragma once

// One architecture of a build, from packages to published files.

#include <vector>

#include <imagewright/fs/publication.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

/// Gives what was published. Throws base::Error; then nothing is.
std::vector<fs::PublishedFile> compose(const plan::ResolvedPlan& plan, const BuildOptions& options,
                                       const plan::Services& services);

} // namespace imagewright::pipeline
