// SPDX-License-Identifier: MIT
#include <imagewright/model/boot_choice.hpp>

namespace imagewright::model {

BootType boot_type_of(const ImageConfig& config, const ReleaseProfile& release) {
  const auto& wish =
      config.storage.boot_type ? config.storage.boot_type : release.default_storage.boot_type;
  return wish ? wish->value : BootType::efi;
}

std::string boot_loader_of(const ImageConfig& config, const ReleaseProfile& release) {
  if (config.os.boot_loader) return config.os.boot_loader->text;
  if (config.os.uki_mode) return "systemd-boot";
  return release.default_boot_loader;
}

} // namespace imagewright::model
