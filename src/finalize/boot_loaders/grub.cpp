// SPDX-License-Identifier: MIT
#include <string>

#include "../boot_paths.hpp"
#include "boot_loaders.hpp"
#include "grub_configuration.hpp"

namespace imagewright::finalize::boot_loaders {

StepYield install_grub(const BootInput& input, const fs::RootDir& files) {
  install_removable_media_loader(input, files);
  StepYield yield = write_grub_configuration(input, files);
  files.write(name_on_esp(files, std::string(k_esp_mount) +
                                     input.boot_loader.facts.configuration_directory + "/grub.cfg"),
              grub_start(input.layout, files) + "configfile $prefix/grub.cfg\n", 0644);
  return yield;
}

} // namespace imagewright::finalize::boot_loaders
