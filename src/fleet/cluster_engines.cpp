// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "engine_jobs.hpp"

namespace imagewright::fleet {

namespace {

constexpr const char* k_name = "imagewright-fleet";
constexpr std::uint64_t k_most_at_once = 10;
constexpr int k_retries = 2;

std::vector<std::string> arguments_of(const EngineRequest& request) {
  std::vector<std::string> words = build_words(request);
  words.erase(words.begin());
  return words;
}

json::Object container(const EngineRequest& request, const PodParts& parts, json::Array arguments) {
  return {{"image", request.image},       {"command", json::Array{"imagewright"}},
          {"args", std::move(arguments)}, {"workingDir", k_work_directory},
          {"env", parts.environment},     {"securityContext", parts.container_security},
          {"volumeMounts", parts.mounts}};
}

json::Array with_unit(const EngineRequest& request, std::string_view unit) {
  json::Array arguments = to_json(arguments_of(request));
  arguments.emplace_back("--unit");
  arguments.emplace_back(unit);
  return arguments;
}

/// A wrong config, packages that cannot be had and a checkout that differs stay so; a failed build
/// and a host that cannot may be another machine's luck. A pod that was evicted costs no retry.
json::Object failure_policy() {
  return {
      {"rules",
       json::Array{
           json::Object{{"action", "FailIndex"},
                        {"onExitCodes", json::Object{{"containerName", "imagewright"},
                                                     {"operator", "In"},
                                                     {"values", json::Array{2, 3, 5}}}}},
           json::Object{{"action", "Ignore"},
                        {"onPodConditions", json::Array{json::Object{{"type", "DisruptionTarget"},
                                                                     {"status", "True"}}}}},
           json::Object{{"action", "Count"},
                        {"onExitCodes", json::Object{{"containerName", "imagewright"},
                                                     {"operator", "In"},
                                                     {"values", json::Array{1, 4}}}}}}}};
}

} // namespace

std::string kubernetes_job(const UnitList& list, const EngineRequest& request) {
  const std::uint64_t count = list.units.size();
  const PodParts parts = pod_parts(largest_needs(list));
  json::Object builder{{"name", "imagewright"}};
  for (auto& member : container(request, parts, to_json(arguments_of(request))))
    builder.push_back(std::move(member));
  builder.emplace_back("resources", parts.resources);
  return json::to_text(json::Object{
      {"apiVersion", "batch/v1"},
      {"kind", "Job"},
      {"metadata", json::Object{{"name", k_name}}},
      {"spec",
       json::Object{
           {"completionMode", "Indexed"},
           {"completions", count},
           {"parallelism", std::min(count, k_most_at_once)},
           {"backoffLimitPerIndex", k_retries},
           {"maxFailedIndexes", count},
           {"podFailurePolicy", failure_policy()},
           {"template",
            json::Object{{"spec", json::Object{{"restartPolicy", "Never"},
                                               {"automountServiceAccountToken", false},
                                               {"securityContext", parts.pod_security},
                                               {"containers", json::Array{std::move(builder)}},
                                               {"volumes", parts.volumes}}}}}}}});
}

std::string argo_workflow(const UnitList& list, const EngineRequest& request) {
  const PodParts parts = pod_parts(largest_needs(list));
  json::Array items;
  for (const Unit& unit : list.units)
    items.emplace_back(unit.id);
  // Argo calls it so whatever it is told, and the types of others ask for a name.
  json::Object builder{{"name", "main"}};
  for (auto& member : container(request, parts, with_unit(request, "{{inputs.parameters.unit}}")))
    builder.push_back(std::move(member));
  builder.emplace_back("resources", parts.resources);
  json::Object call{
      {"name", "unit"},
      {"template", "build"},
      {"arguments", json::Object{{"parameters", json::Array{json::Object{{"name", "unit"},
                                                                         {"value", "{{item}}"}}}}}},
      {"withItems", std::move(items)},
      {"continueOn", json::Object{{"failed", true}}}};
  json::Object build{
      {"name", "build"},
      {"inputs", json::Object{{"parameters", json::Array{json::Object{{"name", "unit"}}}}}},
      {"retryStrategy", json::Object{{"limit", k_retries},
                                     {"retryPolicy", "Always"},
                                     {"expression", "!(asInt(lastRetry.exitCode) in [2, 3, 5])"}}},
      {"container", std::move(builder)}};
  return json::to_text(json::Object{
      {"apiVersion", "argoproj.io/v1alpha1"},
      {"kind", "Workflow"},
      {"metadata", json::Object{{"generateName", std::string(k_name) + "-"}}},
      {"spec", json::Object{
                   {"entrypoint", "fleet"},
                   {"parallelism", k_most_at_once},
                   {"automountServiceAccountToken", false},
                   {"securityContext", parts.pod_security},
                   {"volumes", parts.volumes},
                   {"templates",
                    json::Array{json::Object{
                                    {"name", "fleet"},
                                    {"dag", json::Object{{"tasks", json::Array{std::move(call)}}}}},
                                std::move(build)}}}}});
}

std::string tekton_run(const UnitList& list, const EngineRequest& request) {
  const PodParts parts = pod_parts(largest_needs(list));
  json::Array include;
  for (const Unit& unit : list.units) {
    include.push_back(
        json::Object{{"name", unit.id},
                     {"params", json::Array{json::Object{{"name", "unit"}, {"value", unit.id}}}}});
  }
  json::Object step{{"name", "build"}};
  for (auto& member : container(request, parts, with_unit(request, "$(params.unit)")))
    step.push_back(std::move(member));
  step.emplace_back("computeResources", parts.resources);
  json::Object task{{"params", json::Array{json::Object{{"name", "unit"}, {"type", "string"}}}},
                    {"steps", json::Array{std::move(step)}},
                    {"volumes", parts.volumes}};
  return json::to_text(json::Object{
      {"apiVersion", "tekton.dev/v1"},
      {"kind", "PipelineRun"},
      {"metadata", json::Object{{"generateName", std::string(k_name) + "-"}}},
      {"spec",
       json::Object{
           {"taskRunTemplate",
            json::Object{{"podTemplate", json::Object{{"securityContext", parts.pod_security},
                                                      {"automountServiceAccountToken", false}}}}},
           {"pipelineSpec",
            json::Object{{"tasks", json::Array{json::Object{
                                       {"name", "unit"},
                                       {"retries", k_retries},
                                       {"matrix", json::Object{{"include", std::move(include)}}},
                                       {"taskSpec", std::move(task)}}}}}}}}});
}

} // namespace imagewright::fleet
