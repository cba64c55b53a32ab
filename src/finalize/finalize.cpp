// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/finalize/finalize.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "steps.hpp"

namespace imagewright::finalize {
namespace {

struct Step {
  std::string_view name;
  void (*run)(const Context&);
};

// Files of the user come after ours, so that the user has the last word; units after every file,
// because they are looked up in the root; the initramfs after everything that may go into it.
constexpr std::array k_steps{
    Step{"machine-identity", steps::machine_identity},
    Step{"hostname", steps::hostname},
    Step{"locale", steps::locale},
    Step{"resolver", steps::resolver},
    Step{"accounts", steps::accounts},
    Step{"mounts", steps::mounts},
    Step{"policy-files", steps::policy_files},
    Step{"sysctl", steps::sysctl},
    Step{"kernel-modules", steps::kernel_modules},
    Step{"added-directories", steps::added_directories},
    Step{"added-files", steps::added_files},
    Step{"units", steps::units},
    Step{"release-file", steps::release_file},
    Step{"post-scripts", steps::post_scripts},
    Step{"kernels", steps::kernels},
    Step{"initramfs", steps::initramfs},
    Step{"boot-loader", steps::boot_loader},
    Step{"final-scripts", steps::final_scripts},
    Step{"tidy", steps::tidy},
};

std::string joined_command_line(const model::SystemPolicy& policy) {
  std::string line;
  for (const auto& argument : policy.kernel_arguments) {
    if (!line.empty()) line += ' ';
    line += argument.text;
  }
  return line;
}

} // namespace

model::SealedRoot finalize(const model::InstalledRoot& installed, const FinalizePlan& plan,
                           const FinalizeServices& services) {
  report::StageScope stage(services.reporter, "finalize");
  model::SealedRoot sealed{.path = installed.path,
                           .packages = installed.packages,
                           .kernels = {},
                           .kernel_command_line = joined_command_line(plan.policy),
                           .disk_patches = {},
                           .command_line_files = {}};
  const fs::RootDir root(installed.path);
  const Context context{root, plan, services, installed, sealed};
  report::Progress progress{.items_done = 0, .items_total = k_steps.size()};
  for (const auto& step : k_steps) {
    services.cancellation.check();
    progress.current = step.name;
    stage.progress(progress);
    try {
      step.run(context);
    } catch (base::Error& error) {
      error.add_context("while finalizing the root, step " + std::string(step.name));
      throw;
    }
    ++progress.items_done;
  }
  progress.current.clear();
  stage.progress(progress);
  return sealed;
}

std::span<const std::string_view> step_names() {
  static constexpr auto names = [] {
    std::array<std::string_view, k_steps.size()> result{};
    std::ranges::transform(k_steps, result.begin(), &Step::name);
    return result;
  }();
  return names;
}

} // namespace imagewright::finalize
