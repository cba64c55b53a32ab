// SPDX-License-Identifier: MIT
#include "build_report.hpp"

#include <algorithm>
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
                           {"startMilliseconds", milliseconds(timing.start)},
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

/// Everything that ran programs of the image under an emulator, the most expensive first.
json::Value emulation(const BuildFindings& findings) {
  if (!findings.emulation.emulator) return nullptr;
  std::vector<EmulatedRun> runs = findings.emulation.runs;
  for (const model::ScriptletRun& run : findings.scriptlets) {
    runs.push_back({.what = run.package + " " + run.scriptlet,
                    .starts = {.emulated = run.emulated_programs, .native = run.native_programs},
                    .duration = run.duration});
  }
  std::ranges::stable_sort(runs, std::ranges::greater{}, &EmulatedRun::duration);
  Array array;
  EmulatedRun total;
  for (const EmulatedRun& run : runs) {
    total.starts.emulated += run.starts.emulated;
    total.starts.native += run.starts.native;
    total.duration += run.duration;
    array.push_back(Object{{"run", run.what},
                           {"programs", run.starts.emulated},
                           {"nativePrograms", run.starts.native},
                           {"milliseconds", milliseconds(run.duration)}});
  }
  return Object{{"emulator", findings.emulation.emulator->program.filename().string()},
                {"programs", total.starts.emulated},
                {"nativePrograms", total.starts.native},
                {"noNativePrograms", findings.emulation.no_native_programs.value_or("")},
                {"milliseconds", milliseconds(total.duration)},
                {"runs", array}};
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

Array shares(const std::vector<audit::SizeShare>& sizes) {
  Array array;
  for (const audit::SizeShare& share : sizes)
    array.push_back(Object{{"name", share.name}, {"bytes", share.bytes}});
  return array;
}

Array cache(const std::vector<StageFinding>& findings) {
  Array array;
  for (const StageFinding& finding : findings) {
    array.push_back(Object{{"stage", finding.stage},
                           {"result", finding.is_hit ? "hit" : "miss"},
                           {"reason", finding.reason}});
  }
  return array;
}

} // namespace

Array reported_artifacts(const std::vector<model::Artifact>& artifacts) {
  Array array;
  for (const model::Artifact& artifact : artifacts) {
    array.push_back(Object{{"file", artifact.path.filename().string()},
                           {"format", model::to_string(artifact.format)},
                           {"virtualSize", artifact.virtual_size.bytes()},
                           {"fileSize", artifact.file_size.bytes()},
                           {"digest", artifact.digest.to_string()}});
  }
  return array;
}

std::string report_text(const plan::ResolvedPlan& plan, const plan::BuildInputs& inputs,
                        const BuildFindings& findings, const report::StageTimings& timings) {
  std::uint64_t artifact_bytes = 0;
  for (const model::Artifact& artifact : findings.artifacts)
    artifact_bytes += artifact.file_size.bytes();
  Array partitions;
  for (const disk::PartitionUse& use : findings.partitions) {
    partitions.push_back(Object{{"id", use.id},
                                {"size", use.size.bytes()},
                                {"used", use.used.bytes()},
                                {"files", use.file_count}});
  }
  return json::to_text(
      Object{{"imagewrightReport", 1},
             {"name", plan.plan.config.name},
             {"architecture", plan.plan.architecture.name},
             {"rung", sandbox::row_of(findings.rung).name},
             {"inputs", to_json(inputs)},
             {"packages", static_cast<std::uint64_t>(plan.lock.packages.size())},
             {"artifacts", reported_artifacts(findings.artifacts)},
             {"artifactBytes", artifact_bytes},
             {"partitions", partitions},
             {"sizes", Object{{"packages", shares(findings.sizes.packages)},
                              {"directories", shares(findings.sizes.directories)}}},
             {"stages", stages(timings)},
             {"cache", cache(findings.stages)},
             {"scriptlets", scriptlets(findings.scriptlets)},
             {"emulation", emulation(findings)},
             {"warnings", warnings(timings)}});
}

std::string with_inputs(const std::string& report, const plan::BuildInputs& inputs) {
  json::Value parsed = json::parse(report, "the report of another machine");
  Object anew;
  for (const auto& [name, value] : *parsed.find_object())
    anew.emplace_back(name, name == "inputs" ? to_json(inputs) : value);
  return json::to_text(anew);
}

std::string reused_report_text(const std::string& earlier, const std::vector<StageFinding>& found,
                               const report::StageTimings& timings) {
  const json::Value report = json::parse(earlier, "the report of an earlier build");
  Object anew;
  for (const auto& [name, value] : *report.find_object()) {
    if (name == "stages") {
      anew.emplace_back(name, stages(timings));
    } else if (name == "cache") {
      anew.emplace_back(name, cache(found));
    } else if (name == "scriptlets") {
      anew.emplace_back(name, Array{});
    } else if (name == "emulation") {
      anew.emplace_back(name, nullptr);
    } else if (name == "warnings") {
      anew.emplace_back(name, warnings(timings));
    } else {
      anew.emplace_back(name, value);
    }
  }
  return json::to_text(anew);
}

} // namespace imagewright::pipeline
