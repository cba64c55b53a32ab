// SPDX-License-Identifier: MIT
#pragma once

// Outputs that an earlier build has published where this one would, from the same.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/fs/publication.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/resolve_plan.hpp>

#include "stage_cache.hpp"

namespace imagewright::pipeline {

/// What stages are found by in which everything is finished.
inline constexpr auto k_outputs_stage = "outputs";

/// What an earlier build left.
struct EarlierOutputs {
  std::vector<fs::PublishedFile> files; ///< without its report
  std::string report;
  std::vector<base::Diagnostic> warnings;
};

/// Everything that the outputs depend on: what the root does, the tool, the lock, the config with
/// its files, and where they go. Throws base::Error (fs.cannot-read).
StageInputs output_inputs(const plan::ResolvedPlan& plan, const BuildOptions& options,
                          StageInputs root_inputs);

/// What stands there already and is as it was published: the same files as the file system tells
/// them apart, or else the same bytes; and SHA256SUMS says so, too.
std::optional<EarlierOutputs> find_outputs(const StageInputs& inputs, const BuildOptions& options,
                                           StageCache& cache);

void keep_outputs(const StageInputs& inputs, const EarlierOutputs& outputs, StageCache& cache);

} // namespace imagewright::pipeline
