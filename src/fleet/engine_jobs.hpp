// SPDX-License-Identifier: MIT
#pragma once

// The units as each engine takes them. Ids of units need no quoting anywhere.

#include <string>
#include <vector>

#include <imagewright/fleet/engines.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::fleet {

/// Of strategy.matrix, on one line for $GITHUB_OUTPUT.
std::string github_matrix(const UnitList& list, const EngineRequest& request);
/// A child pipeline.
std::string gitlab_pipeline(const UnitList& list, const EngineRequest& request);
/// Of strategy.matrix, on one line for an output variable.
std::string azure_matrix(const UnitList& list, const EngineRequest& request);
/// An Indexed Job.
std::string kubernetes_job(const UnitList& list, const EngineRequest& request);
/// A PipelineRun.
std::string tekton_run(const UnitList& list, const EngineRequest& request);
/// A Workflow.
std::string argo_workflow(const UnitList& list, const EngineRequest& request);
/// A batch script with a job array.
std::string slurm_script(const UnitList& list, const EngineRequest& request);

/// The most that any unit needs.
UnitNeeds largest_needs(const UnitList& list);

/// What Kubernetes, Tekton and Argo share: a pod that the restricted standard admits.
struct PodParts {
  json::Object pod_security;
  json::Object container_security;
  json::Object resources;
  json::Array environment;
  json::Array mounts;
  json::Array volumes;
};
PodParts pod_parts(const UnitNeeds& needs);

/// Where pods find the checkout with the list of units, and leave what they build.
inline constexpr std::string_view k_work_claim = "imagewright-work";
inline constexpr std::string_view k_work_directory = "/work";

/// `imagewright build --units …` without the choice of a unit.
std::vector<std::string> build_words(const EngineRequest& request);
json::Array to_json(const std::vector<std::string>& words);

} // namespace imagewright::fleet
