// SPDX-License-Identifier: MIT
#include "build_report.hpp"

#include <chrono>

#include <imagewright/base/source_location.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::pipeline {

namespace {

using json::Array;
using json::Object;

std::int64_t milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

Array stages(const report::StageTimings& timings) {
  Array array;
  for (const report::StageTiming& timing : timings.timings()) {
    array.push_back(Object{{"stage", timing.stage},
                           {"depth", timing.depth},
                           {"milliseconds", milliseconds(timing.duration)},
                           {"summary", timing.summary}});
  }
  return array;
}

Array scriptlets(const std::vector<model::ScriptletRun>& runs) {
  Array array;
  for (const model::ScriptletRun& run : runs) {
    array.push_back(Object{{"package", run.package},
                           {"scriptlet", run.scriptlet},
                           {"milliseconds", static_cast<std::int64_t>(run.duration.count())}});
  }
  return array;
}

Array warnings(const report::StageTimings& timings) {
  Array array;
  for (const base::Diagnostic& warning : timings.warnings()) {
    array.push_back(Object{{"code", warning.code},
                           {"message", warning.message},
                           {"where", warning.where ? base::to_string(*warning.where) : ""}});
  }
  return array;
}

} // namespace

std::string report_text(const ResolvedPlan& plan, const BuildInputs& inputs,
                        const BuildFindings& findings, const report::StageTimings& timings) {
  Array artifacts;
  std::uint64_t artifact_bytes = 0;
  for (const model::Artifact& artifact : findings.artifacts) {
    artifact_bytes += artifact.file_size.bytes();
    artifacts.push_back(Object{{"file", artifact.path.filename().string()},
                               {"format", model::to_string(artifact.format)},
                               {"virtualSize", artifact.virtual_size.bytes()},
                               {"fileSize", artifact.file_size.bytes()},
                               {"digest", artifact.digest.to_string()}});
  }
  Array partitions;
  for (const disk::PartitionUse& use : findings.partitions) {
    partitions.push_back(Object{{"id", use.id},
                                {"size", use.size.bytes()},
                                {"used", use.used.bytes()},
                                {"files", use.file_count}});
  }
  return json::to_text(Object{{"imagewrightReport", 1},
                              {"name", plan.plan.config.name},
                              {"architecture", plan.plan.architecture.name},
                              {"inputs", to_json(inputs)},
                              {"packages", static_cast<std::uint64_t>(plan.lock.packages.size())},
                              {"artifacts", artifacts},
                              {"artifactBytes", artifact_bytes},
                              {"partitions", partitions},
                              {"stages", stages(timings)},
                              {"scriptlets", scriptlets(findings.scriptlets)},
                              {"warnings", warnings(timings)}});
}

} // namespace imagewright::pipeline
