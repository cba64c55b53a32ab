// SPDX-License-Identifier: MIT
#include "../boot_paths.hpp"
#include "boot_loaders.hpp"

namespace imagewright::finalize::boot_loaders {

void install_removable_media_loader(const Context& context) {
  const auto& facts = context.plan.boot_loader.facts;
  const auto directory = std::string(k_esp_mount) + "/EFI/BOOT/";
  const auto program = boot_file(context, facts.efi_program);
  const auto first = directory + context.plan.architecture.removable_media_loader;
  const auto shim = boot_file(context, facts.shim);
  if (shim.empty()) {
    copy_boot_file(context, program, first);
    return;
  }
  copy_boot_file(context, shim, first);
  // The name of the second stage is built into shim, whatever the loader is.
  copy_boot_file(context, program,
                 directory + "grub" + context.plan.architecture.efi_name + ".efi");
}

} // namespace imagewright::finalize::boot_loaders
