// SPDX-License-Identifier: MIT
#pragma once

// One architecture of a build, from packages to published files.

#include <string>
#include <vector>

#include <imagewright/fs/publication.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

#include "stages/stage_cache.hpp"

namespace imagewright::pipeline {

/// What everything that one architecture leaves is called: NAME-ARCH.
std::string name_of(const plan::ResolvedPlan& plan);

struct ComposedImage {
  std::vector<fs::PublishedFile> files;
  StageInputs inputs; ///< by which its outputs are found again; empty: they are not
};

/// Throws base::Error; then nothing is published.
ComposedImage compose(const plan::ResolvedPlan& plan, const BuildOptions& options,
                      const plan::Services& services);

} // namespace imagewright::pipeline
