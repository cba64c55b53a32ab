// SPDX-License-Identifier: MIT
#include "../boot_loaders/boot_loaders.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {

void boot_loader(const Context& context) {
  switch (context.plan.boot_loader.kind) {
  case BootLoaderKind::none:
    return;
  case BootLoaderKind::systemd_boot:
    boot_loaders::install_systemd_boot(context);
    return;
  case BootLoaderKind::grub:
    boot_loaders::install_grub(context);
    return;
  case BootLoaderKind::grub_bios:
    boot_loaders::install_grub_for_bios(context);
    return;
  }
}

} // namespace imagewright::finalize::steps
