// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/model/architecture.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

/// A config with a release composes from packages, where the boot loader is always set up.
base::Diagnostics check_boot_loader_reset(const model::ImageConfig& config) {
  base::Diagnostics diagnostics;
  if (config.os.bootloader_reset || config.release) return diagnostics;
  const auto report = [&](const std::string& key, const base::SourceLocation& where) {
    diagnostics.error("config.missing-key",
                      fmt::format("{} needs \"os.bootloader.resetType\"", base::quoted(key)), where,
                      "add \"bootloader: {resetType: hard-reset}\" under os");
  };
  if (config.storage.disk) report("storage.disks", config.storage.disk->where);
  if (config.storage.reset_partition_uuids)
    report("storage.resetPartitionsUuidsType", *config.storage.reset_partition_uuids);
  return diagnostics;
}

base::Diagnostics check_boot_type(const model::ImageConfig& config) {
  base::Diagnostics diagnostics;
  const auto& boot_type = config.storage.boot_type;
  if (!boot_type || boot_type->value != model::BootType::legacy) return diagnostics;
  for (const model::LocatedText& name : config.architectures) {
    const model::Architecture* architecture = model::find_architecture(name.text);
    if (architecture == nullptr || architecture->can_boot_legacy_bios) continue;
    diagnostics.add({.code = "config.conflict",
                     .message = fmt::format("{} cannot boot with bootType legacy", name.text),
                     .where = boot_type->where,
                     .related = {{name.where, "the architecture is named here"}},
                     .hint = "use \"bootType: efi\""});
  }
  return diagnostics;
}

base::Diagnostics check_package_manager(const model::ImageConfig& config) {
  base::Diagnostics diagnostics;
  if (!config.os.packages.remove_package_manager) return diagnostics;
  for (const model::OutputImage& image : config.output.images) {
    if (model::image_format_of(image.format)) continue;
    diagnostics.add(
        {.code = "config.conflict",
         .message =
             "this output format needs the package database, which removePackageManager takes away",
         .where = image.where,
         .related = {{*config.os.packages.remove_package_manager,
                      "removePackageManager is set here"}},
         .hint = "write a disk format, or keep the package manager"});
  }
  return diagnostics;
}

} // namespace

base::Diagnostics check_whole_config(const model::ImageConfig& config) {
  base::Diagnostics diagnostics = check_boot_loader_reset(config);
  diagnostics.append(check_boot_type(config));
  diagnostics.append(check_package_manager(config));
  return diagnostics;
}

} // namespace imagewright::config
