// SPDX-License-Identifier: MIT
#pragma once

// One architecture of a build, from packages to published files.

#include <vector>

#include <imagewright/fs/publication.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/pipeline/resolve_plan.hpp>
#include <imagewright/pipeline/services.hpp>

namespace imagewright::pipeline {

/// Gives what was published. Throws base::Error; then nothing is.
std::vector<fs::PublishedFile> compose(const ResolvedPlan& plan, const BuildOptions& options,
                                       const Services& services);

} // namespace imagewright::pipeline
