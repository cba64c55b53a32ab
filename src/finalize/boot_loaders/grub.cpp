// SPDX-License-Identifier: MIT
#include <string>

#include "../boot_paths.hpp"
#include "boot_loaders.hpp"
#include "grub_configuration.hpp"

namespace imagewright::finalize::boot_loaders {

void install_grub(const Context& context) {
  install_removable_media_loader(context);
  write_grub_configuration(context);
  context.root.write(std::string(k_esp_mount) +
                         context.plan.boot_loader.facts.configuration_directory + "/grub.cfg",
                     grub_start(context) + "configfile $prefix/grub.cfg\n", 0644);
}

} // namespace imagewright::finalize::boot_loaders
