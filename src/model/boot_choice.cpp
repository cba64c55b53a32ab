// SPDX-License-Identifier: MIT
#include <imagewright/model/boot_choice.hpp>
#include <imagewright/model/boot_loader.hpp>

namespace imagewright::model {

BootType boot_type_of(const ImageConfig& config, const ReleaseProfile& release) {
  const auto& wish =
      config.storage.boot_type ? config.storage.boot_type : release.default_storage.boot_type;
  return wish ? wish->value : BootType::efi;
}

std::string boot_loader_of(const ImageConfig& config, const ReleaseProfile& release) {
  if (config.os.boot_loader) return config.os.boot_loader->text;
  if (config.os.uki_mode) {
    for (const BootLoaderRow& row : k_boot_loaders) {
      if (row.starts_unified_images) return std::string(row.word);
    }
  }
  return release.default_boot_loader;
}

} // namespace imagewright::model
