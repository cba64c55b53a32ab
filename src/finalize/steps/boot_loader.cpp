// SPDX-License-Identifier: MIT
#include <string>

#include <imagewright/base/error.hpp>

#include "../boot_loaders/boot_loaders.hpp"
#include "../boot_paths.hpp"
#include "../given_files.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

StepYield install(const BootInput& input, root::WorkRoot& root) {
  switch (input.boot_loader.kind) {
  case BootLoaderKind::none:
    return {};
  case BootLoaderKind::systemd_boot:
    return boot_loaders::install_systemd_boot(input, root.files());
  case BootLoaderKind::grub:
    return boot_loaders::install_grub(input, root.files());
  case BootLoaderKind::grub_bios:
    return boot_loaders::install_grub_for_bios(input, root);
  }
  throw base::BugError("a boot loader of no kind");
}

StepYield install_boot_loader(const BootInput& input, root::WorkRoot& root) {
  if (input.layout.find_mount(std::string(k_esp_mount)) != nullptr)
    join_spellings_on_esp(root.files());
  const GivenBootFiles given(root.files(), input.given_files);
  StepYield yield = install(input, root);
  given.require_untouched();
  return yield;
}

} // namespace

constinit const Step boot_loader{
    "boot-loader", AppliesTo::both,
    k_run<install_boot_loader, &FinalizePlan::architecture, &FinalizePlan::layout,
          &FinalizePlan::boot_loader, &Findings::kernels, &Findings::command_line,
          &Findings::given_files, &FinalizePlan::policy>};

} // namespace imagewright::finalize::steps
