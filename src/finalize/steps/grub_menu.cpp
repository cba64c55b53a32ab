// SPDX-License-Identifier: MIT
#include "../boot_loaders/grub_configuration.hpp"
#include "../boot_paths.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

StepYield follow_settings(const BootInput& input, root::WorkRoot& root) {
  return is_grub(input.boot_loader) ? boot_loaders::follow_grub_settings(input, root.files())
                                    : StepYield{};
}

} // namespace

/// After the last scripts, which may have changed what menus are made from.
constinit const Step grub_menu{
    "grub-menu", AppliesTo::both,
    k_run<follow_settings, &FinalizePlan::architecture, &FinalizePlan::layout,
          &FinalizePlan::boot_loader, &Findings::kernels, &Findings::command_line,
          &Findings::given_files, &FinalizePlan::policy>};

} // namespace imagewright::finalize::steps
