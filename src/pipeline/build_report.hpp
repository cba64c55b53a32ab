// SPDX-License-Identifier: MIT
#pragma once

// The report of a build: where the time went, and every warning. Unlike the manifest it differs
// from run to run.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/audit/content_sizes.hpp>
#include <imagewright/disk/write_disk.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/report/stage_timings.hpp>
#include <imagewright/sandbox/privilege.hpp>

#include "host/emulator.hpp"
#include "stages/stage_cache.hpp"

namespace imagewright::pipeline {

/// What a build learned on its way.
struct BuildFindings {
  sandbox::Rung rung = sandbox::Rung::root;
  std::vector<model::ScriptletRun> scriptlets;
  std::vector<disk::PartitionUse> partitions;
  std::vector<model::Artifact> artifacts;
  audit::ContentSizes sizes;
  EmulationFindings emulation;
  std::vector<StageFinding> stages; ///< what was taken from earlier builds, and what was not
};

/// Artifacts as a report lists them.
json::Array reported_artifacts(const std::vector<model::Artifact>& artifacts);

/// The text of NAME-ARCH.report.json.
std::string report_text(const plan::ResolvedPlan& plan, const plan::BuildInputs& inputs,
                        const BuildFindings& findings, const report::StageTimings& timings);
/// That report with other inputs: where things stand on this machine.
std::string with_inputs(const std::string& report, const plan::BuildInputs& inputs);
/// The report of a build that found everything done: that of the earlier build, in which only what
/// tells of the run is new.
std::string reused_report_text(const std::string& earlier, const std::vector<StageFinding>& stages,
                               const report::StageTimings& timings);

} // namespace imagewright::pipeline
