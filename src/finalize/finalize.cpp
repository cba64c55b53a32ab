// SPDX-License-Identifier: MIT
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/finalize/finalize.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "step.hpp"

namespace imagewright::finalize {
namespace {

std::string joined_command_line(const model::SystemPolicy& policy) {
  std::string line;
  for (const auto& argument : policy.kernel_arguments) {
    if (!line.empty()) line += ' ';
    line += argument.text;
  }
  return line;
}

std::span<const Step* const> list_for(const FinalizePlan& plan) {
  if (plan.origin == RootOrigin::packages) return all_steps();
  if (plan.base_change == BaseChange::files) return file_steps();
  return plan.boot_chain == BootChain::anew ? boot_reset_steps() : customizing_steps();
}

std::vector<const Step*> steps_for(const FinalizePlan& plan) {
  const bool is_composed = plan.origin == RootOrigin::packages;
  const AppliesTo kind = is_composed ? AppliesTo::composed : AppliesTo::customized;
  std::vector<const Step*> steps;
  for (const Step* step : list_for(plan)) {
    if (step->applies_to == kind || step->applies_to == AppliesTo::both) steps.push_back(step);
  }
  return steps;
}

StepYield run_step(const Step& step, const StepInput& input, root::WorkRoot& root) {
  try {
    return step.run(input, root);
  } catch (base::Error& error) {
    error.add_context("while finalizing the root, step " + std::string(step.name));
    throw;
  }
}

} // namespace

void fold(StepYield yield, Findings& found, report::Reporter& reporter) {
  auto& [kernels, command_line, disk_patches, command_line_files, given_files, script_files,
         menu_sources, warnings] = yield;
  if (kernels) found.kernels = std::move(*kernels);
  if (command_line) found.command_line = std::move(*command_line);
  for (auto& patch : disk_patches)
    found.disk_patches.push_back(std::move(patch));
  for (auto& file : command_line_files)
    found.command_line_files.push_back(std::move(file));
  for (auto& file : given_files)
    found.given_files.push_back(std::move(file));
  for (auto& file : script_files) {
    std::erase_if(found.script_files,
                  [&](const model::ScriptFile& earlier) { return earlier.name == file.name; });
    found.script_files.push_back(std::move(file));
  }
  if (menu_sources) found.menu_sources = std::move(menu_sources);
  for (const auto& warning : warnings)
    reporter.warning(warning);
}

model::SealedRoot finalize(root::WorkRoot& root, const model::InstalledRoot& installed,
                           const FinalizePlan& plan, const FinalizeServices& services) {
  report::StageScope stage(services.reporter, "finalize");
  Findings found;
  found.command_line = joined_command_line(plan.policy);
  const auto steps = steps_for(plan);
  report::Progress progress{.items_done = 0, .items_total = steps.size()};
  for (const Step* step : steps) {
    services.cancellation.check();
    progress.current = step->name;
    stage.progress(progress);
    fold(run_step(*step, {plan, installed, found, services}, root), found, services.reporter);
    ++progress.items_done;
  }
  progress.current.clear();
  stage.progress(progress);
  return {.path = installed.path,
          .packages = installed.packages,
          .kernels = std::move(found.kernels),
          .kernel_command_line = std::move(found.command_line),
          .disk_patches = std::move(found.disk_patches),
          .command_line_files = std::move(found.command_line_files),
          .script_files = std::move(found.script_files)};
}

std::vector<std::string_view> step_names() {
  std::vector<std::string_view> names;
  for (const Step* step : steps_for(FinalizePlan{}))
    names.push_back(step->name);
  return names;
}

} // namespace imagewright::finalize
