// SPDX-License-Identifier: MIT
#include "../boot_paths.hpp"
#include "boot_loaders.hpp"

namespace imagewright::finalize::boot_loaders {

void install_removable_media_loader(const BootInput& input, const fs::RootDir& files) {
  const auto& facts = input.boot_loader.facts;
  const auto directory = std::string(k_esp_mount) + "/EFI/BOOT/";
  const auto program = boot_file(input.architecture, facts.efi_program);
  const auto first = directory + input.architecture.removable_media_loader;
  const auto shim = boot_file(input.architecture, facts.shim);
  if (shim.empty()) {
    copy_boot_file(files, program, first);
    return;
  }
  copy_boot_file(files, shim, first);
  // The name of the second stage is built into shim, whatever the loader is.
  copy_boot_file(files, program, directory + "grub" + input.architecture.efi_name + ".efi");
}

} // namespace imagewright::finalize::boot_loaders
