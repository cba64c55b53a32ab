// SPDX-License-Identifier: MIT
#include "../boot_loaders/grub_configuration.hpp"
#include "../boot_paths.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

StepYield write_settings(const BootInput& input, root::WorkRoot& root) {
  if (is_grub(input.boot_loader)) boot_loaders::write_grub_settings(input, root.files());
  return {};
}

} // namespace

/// Before files, edits and scripts of the config, which know it from other tools.
constinit const Step grub_settings{
    "grub-settings", AppliesTo::both,
    k_run<write_settings, &FinalizePlan::architecture, &FinalizePlan::layout,
          &FinalizePlan::boot_loader, &Findings::kernels, &Findings::command_line,
          &Findings::given_files, &FinalizePlan::policy>};

} // namespace imagewright::finalize::steps
