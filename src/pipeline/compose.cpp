// SPDX-License-Identifier: MIT
#include "compose.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/audit/file_list.hpp>
#include <imagewright/audit/manifest.hpp>
#include <imagewright/audit/report_page.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/report/stage_timings.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/sandbox/sandbox.hpp>

#include "build_report.hpp"
#include "container_contents.hpp"
#include "host/emulator.hpp"
#include "host/measured_boot.hpp"
#include "host/native_programs.hpp"
#include "host/workplace.hpp"
#include "machine/compose_in_machine.hpp"
#include "make_root.hpp"
#include "reuse_outputs.hpp"
#include "stages/finished_outputs.hpp"
#include "stages/initramfs_recall.hpp"
#include "stages/shared_outputs.hpp"
#include "stages/stage_estimates.hpp"
#include "stages/tool_identity.hpp"
#include "stages/unchanged_build.hpp"
#include "write_image.hpp"

namespace imagewright::pipeline {

namespace {

EmulationFindings find_emulation(const plan::ResolvedPlan& plan, const BuildOptions& options,
                                 const std::filesystem::path& directory,
                                 const plan::Services& services) {
  EmulationFindings findings;
  findings.emulator = prepare_emulator(plan.plan.architecture, options.emulation, directory);
  if (findings.emulator && options.emulation == EmulationUse::automatic)
    findings.no_native_programs = add_native_programs(plan, options, *findings.emulator, services);
  return findings;
}

/// What differs from machine to machine is no drift.
audit::DriftRules drift_rules(const model::ReleaseProfile& release) {
  audit::DriftRules rules = audit::usual_drift_rules();
  for (const std::string& pattern : release.identity_files) {
    rules.changing.push_back({.pattern = pattern, .reason = "the identity of this machine"});
  }
  return rules;
}

audit::Manifest describe(const plan::ResolvedPlan& plan, const model::SealedRoot& root,
                         const WrittenImage& image, const root::KnownContent& known,
                         const std::vector<repo::RepositoryKeys>& keys,
                         const std::string& tool_version, const plan::Services& services) {
  const report::StageScope stage(services.reporter, "manifest");
  return {.name = plan.plan.config.name,
          .architecture = plan.plan.architecture.name,
          .release = plan.plan.release.name,
          .platforms = plan::platforms_of(plan.plan),
          .tool_version = tool_version,
          .bill = plan.plan.release.bill,
          .epoch = plan.epoch,
          .repositories = plan.lock.repositories,
          .packages = plan.lock.packages,
          .package_keys = package_keys(keys),
          .drift = drift_rules(plan.plan.release),
          .container_images = plan.lock.container_images,
          .container_contents = contents_of_images(plan, services),
          .fetched_files = fetched_files_of(plan.plan.config.os),
          .script_files = records_of(root.script_files, name_of(plan)),
          .stored_packages = plan.lock.stored,
          .kernels = root.kernels,
          .kernel_command_line = image.kernel_command_line,
          .units = plan.policy.units,
          .checks = plan.policy.checks,
          .layout = image.layout,
          .artifacts = records_of(image.artifacts),
          .measured_boot = measured_boot(image.artifacts, services),
          .files =
              audit::list_files(image.tree, services.thread_count, services.cancellation,
                                [&](const struct stat& status) { return known.find(status); })};
}

/// For a look at it, by nobody but the user: it has the setuid programs of the image.
void keep_root(const std::filesystem::path& root, const std::filesystem::path& kept) {
  std::filesystem::permissions(root, std::filesystem::perms::owner_all);
  fs::remove_tree(kept);
  std::filesystem::rename(root, kept);
}

/// What a build is made of besides its plan.
struct BuildMeans {
  const plan::Services& services;
  const report::StageTimings& timings;
  StageCache& cache;
  PackageSource& packages;
  StageInputs package_inputs;
  StageInputs tool;
};

StageInputs merged(StageInputs inputs, const StageInputs& more) {
  inputs.insert(more.begin(), more.end());
  return inputs;
}

/// Nothing has changed since the last build: only its report is written anew.
std::optional<std::vector<fs::PublishedFile>>
reuse_outputs(const plan::ResolvedPlan& plan, const BuildOptions& options, const BuildMeans& means,
              const StageInputs& inputs, SharedOutputs& shared) {
  auto earlier = find_outputs(inputs, options, means.cache);
  if (!earlier) return std::nullopt;
  shared.offer_if_absent(*earlier);
  return leave_published(name_of(plan), *earlier, options, means.cache.findings(), means.timings,
                         means.services.reporter);
}

ComposedRoot compose_here(const plan::ResolvedPlan& plan, const BuildOptions& options,
                          const BuildMeans& means, const Workplace& place) {
  const plan::Services& services = means.services;
  EmulationFindings findings =
      find_emulation(plan, options, place.work.path() / "emulation", services);
  root::WorkRoot root({.directory = place.root(),
                       .run_record = place.work.path() / "owners",
                       .epoch = plan.epoch,
                       .emulator = findings.emulator},
                      program_opener(findings, services.cancellation));
  StageInputs environment = means.tool;
  environment["native programs"] = findings.no_native_programs.value_or("where there are such");
  MadeRoot made = make_root(root, plan, means.packages, merged(means.package_inputs, environment),
                            means.cache, services);
  finalize::FinalizePlan wishes = plan.finalize;
  wishes.tool_version = options.tool_version;
  InitramfsRecall recall(environment, made.known, means.cache, services);
  SealedTree sealed = seal(root, made.installed, wishes,
                           {.reporter = services.reporter,
                            .cancellation = services.cancellation,
                            .log_directory = place.logs.path(),
                            .recall = &recall});
  return {.sealed = std::move(sealed),
          .scriptlets = std::move(made.installed.scriptlets),
          .emulation = std::move(findings),
          .known = std::move(made.known)};
}

std::vector<fs::PublishedFile> carry_through(const plan::ResolvedPlan& plan,
                                             const BuildOptions& options, const BuildMeans& means,
                                             Workplace& place, std::string& report) {
  const plan::Services& services = means.services;
  const std::string name = name_of(plan);
  BuildFindings findings;
  findings.rung = options.rung.value();
  ComposedRoot composed =
      findings.rung == sandbox::Rung::machine
          ? compose_in_machine(plan, options, means.packages.fetch(place.root()),
                               {.directory = place.work.path(),
                                .content = place.root(),
                                .logs = place.logs.path()},
                               services)
          : compose_here(plan, options, means, place);
  SealedTree sealed = std::move(composed.sealed);
  const model::SealedRoot sealed_root = sealed.root;
  const WrittenImage image =
      write_image(std::move(sealed), plan, places_in(place, plan.plan), services);
  const audit::Manifest manifest = describe(plan, sealed_root, image, composed.known,
                                            means.packages.keys(), options.tool_version, services);
  stage_manifest(place.publication, manifest);
  stage_script_files(place.publication, manifest, sealed_root.script_files);
  findings.scriptlets = std::move(composed.scriptlets);
  findings.emulation = std::move(composed.emulation);
  findings.partitions = image.partitions;
  findings.artifacts = image.artifacts;
  findings.sizes = audit::content_sizes(manifest);
  findings.stages = means.cache.findings();
  report = report_text(plan, plan::inputs_of(plan.plan, options.plan), findings, means.timings);
  stage_report(place.publication, name, report);
  add_artifacts(place.publication, image.artifacts);
  std::unique_ptr<fs::Publication> unsigned_files;
  if (const auto& wanted = plan.plan.config.output.artifacts)
    unsigned_files = stage_unsigned_files({.wanted = *wanted,
                                           .image = {.tree = image.tree,
                                                     .layout = image.layout,
                                                     .architecture = plan.plan.architecture,
                                                     .root_hashes = image.root_hashes}});
  // What can fail comes before: after publishing there is no "no".
  ExtraReport extra(options.report_file, report);
  if (options.root_directory == RootDirectory::kept)
    keep_root(place.root(), options.output_directory / (name + ".root"));
  std::vector<fs::PublishedFile> published =
      publish_with(place.publication, {unsigned_files.get()});
  extra.keep();
  return published;
}

/// Its reports are of the one run only.
EarlierOutputs keep_all(const std::vector<fs::PublishedFile>& files, const std::string& report,
                        const StageInputs& inputs, StageCache& cache,
                        const report::StageTimings& timings) {
  EarlierOutputs outputs{.files = {}, .report = report, .warnings = timings.warnings()};
  for (const fs::PublishedFile& file : files) {
    if (!audit::tells_of_one_run(file.path.string())) outputs.files.push_back(file);
  }
  for (fs::PublishedFile& file : outputs.files)
    file.path = std::filesystem::absolute(file.path);
  keep_outputs(inputs, outputs, cache);
  return outputs;
}

/// Another machine has built this: everything but its report is fetched.
std::optional<std::vector<fs::PublishedFile>>
fetch_outputs(const plan::ResolvedPlan& plan, const BuildOptions& options, const BuildMeans& means,
              const StageInputs& inputs, SharedOutputs& shared) {
  fs::Publication publication(options.output_directory);
  const auto fetched = shared.fetch(publication);
  if (!fetched) return std::nullopt;
  for (const base::Diagnostic& warning : fetched->warnings)
    means.services.reporter.warning(warning);
  means.cache.find_elsewhere(k_outputs_stage);
  means.services.reporter.message(
      report::Level::info,
      fmt::format("{}: another machine has built it; it is fetched and not built", name_of(plan)));
  const std::string report =
      reused_report_text(with_inputs(fetched->report, plan::inputs_of(plan.plan, options.plan)),
                         means.cache.findings(), means.timings);
  const std::vector<fs::PublishedFile> files =
      publish_with_report(publication, name_of(plan), options, report);
  keep_all(files, report, inputs, means.cache, means.timings);
  return files;
}

} // namespace

std::string name_of(const plan::ResolvedPlan& plan) {
  return plan::image_name(plan.plan);
}

ComposedImage compose(const plan::ResolvedPlan& plan, const BuildOptions& options,
                      const plan::Services& services) {
  report::StageTimings timings(services.reporter, services.clock);
  const plan::Services timed{.reporter = timings,
                             .cancellation = services.cancellation,
                             .clock = services.clock,
                             .cache_directory = services.cache_directory,
                             .thread_count = services.thread_count};
  const std::string subject = subject_of(options, name_of(plan));
  StageCache cache(options, timed, subject);
  if (cache.store() != nullptr) timings.expect(recall_durations(services.cache_directory, subject));
  PackageSource packages(plan, options.resolve.network, timed);
  const BuildMeans means{.services = timed,
                         .timings = timings,
                         .cache = cache,
                         .packages = packages,
                         .package_inputs = packages.inputs(),
                         .tool = tool_inputs(options.tool_version, options.rung.value(),
                                             emulator_of(plan.plan.architecture, options.emulation),
                                             std::to_string(static_cast<int>(options.emulation)))};
  // What earlier builds left is of one directory.
  const bool may_reuse = options.root_directory == RootDirectory::removed &&
                         !plan.plan.config.output.artifacts && cache.store() != nullptr;
  StageInputs inputs;
  if (may_reuse) {
    inputs = output_inputs(plan, options, merged(means.package_inputs, means.tool));
  }
  SharedOutputs shared(may_reuse ? options.shared_cache : nullptr, inputs, services);
  if (may_reuse) {
    if (auto files = reuse_outputs(plan, options, means, inputs, shared))
      return {*std::move(files), inputs};
    if (auto files = fetch_outputs(plan, options, means, inputs, shared))
      return {*std::move(files), inputs};
  }
  Workplace place(options.output_directory);
  try {
    std::string report;
    std::vector<fs::PublishedFile> files = carry_through(plan, options, means, place, report);
    if (may_reuse) shared.offer(keep_all(files, report, inputs, cache, timings));
    cache.make_room();
    if (cache.store() != nullptr)
      remember_durations(services.cache_directory, subject, timings.durations());
    return {std::move(files), std::move(inputs)};
  } catch (const base::Error& error) {
    keep_named_log(place, error);
    throw;
  }
}

} // namespace imagewright::pipeline
