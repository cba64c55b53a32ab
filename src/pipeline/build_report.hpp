// SPDX-License-Identifier: MIT
#pragma once

// The report of a build: where the time went, and every warning. Unlike the manifest it differs
// from run to run.

#include <string>
#include <vector>

#include <imagewright/disk/write_disk.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/pipeline/resolve_plan.hpp>
#include <imagewright/report/stage_timings.hpp>

#include "build_inputs.hpp"

namespace imagewright::pipeline {

/// What a build learned on its way.
struct BuildFindings {
  std::vector<model::ScriptletRun> scriptlets;
  std::vector<disk::PartitionUse> partitions;
  std::vector<model::Artifact> artifacts;
};

/// The text of NAME-ARCH.report.json.
std::string report_text(const ResolvedPlan& plan, const BuildInputs& inputs,
                        const BuildFindings& findings, const report::StageTimings& timings);

} // namespace imagewright::pipeline
