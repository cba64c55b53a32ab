// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include <imagewright/base/text.hpp>

#include "roles.hpp"

namespace imagewright::policy {
namespace {

model::BootType boot_type_of(const PolicyInput& input) {
  if (input.config.storage.boot_type) return input.config.storage.boot_type->value;
  if (input.release.default_storage.boot_type)
    return input.release.default_storage.boot_type->value;
  return model::BootType::efi;
}

base::SourceLocation boot_type_place(const PolicyInput& input) {
  const auto& type = input.config.storage.boot_type;
  return type ? type->where : input.release.where;
}

bool has_option(const std::string& options, const std::string& wanted) {
  const auto words = base::split(options, ',');
  return std::ranges::find(words, wanted) != words.end();
}

void add_root(PolicyPart& part, const PolicyInput& input) {
  const auto* root = input.layout.find_mount("/");
  if (root == nullptr) {
    part.diagnostics.error("policy.no-root", "no filesystem is mounted at \"/\"",
                           input.config.storage.where,
                           "give a filesystem the mount point \"/\" under storage.filesystems");
    return;
  }
  const auto source = model::mount_source(*root);
  const bool is_read_only = has_option(root->filesystem->mount_options, "ro");
  const auto& where = input.config.storage.where;
  part.policy.kernel_arguments.push_back({"root=" + source, "storage", where});
  part.policy.kernel_arguments.push_back({is_read_only ? "ro" : "rw", "storage", where});
  part.claims.push_back({"root", {source}, "storage", where});
  // The drivers of the filesystems that the kernel of the initramfs must read; ext4 and vfat are a
  // matter of course.
  if (root->filesystem->type == model::FilesystemType::xfs ||
      root->filesystem->type == model::FilesystemType::btrfs) {
    part.policy.initramfs_drivers.push_back(model::mount_type_of(root->filesystem->type));
  }
}

void add_consoles(PolicyPart& part, const PolicyInput& input) {
  const auto consoles = input.release.consoles.find(input.architecture.name);
  if (consoles == input.release.consoles.end()) {
    part.policy.kernel_arguments.push_back({"console=" + input.architecture.serial_console,
                                            "architecture " + input.architecture.name,
                                            std::nullopt});
    return;
  }
  for (const auto& console : consoles->second) {
    part.policy.kernel_arguments.push_back(
        {"console=" + console, "release " + input.release.name, input.release.where});
  }
}

void add_boot_loader(PolicyPart& part, const PolicyInput& input) {
  const auto where = boot_type_place(input);
  if (boot_type_of(input) == model::BootType::legacy) {
    if (!input.architecture.can_boot_legacy_bios) {
      part.diagnostics.error("policy.no-legacy-boot",
                             "machines of architecture " + base::quoted(input.architecture.name) +
                                 " cannot boot by BIOS",
                             where, "set storage.bootType to efi, or leave the architecture out");
      return;
    }
    request_role(part, input, "bootloader-bios", "storage.bootType", where);
    return;
  }
  if (input.release.default_boot_loader.empty()) return;
  request_role(part, input, "bootloader-" + input.release.default_boot_loader, "storage.bootType",
               where);
}

bool has_early_overlay(const model::OsConfig& os) {
  return std::ranges::any_of(os.overlays, [](const auto& overlay) {
    return overlay.stage == model::OverlayStage::initrd;
  });
}

} // namespace

PolicyPart boot_policy(const PolicyInput& input) {
  PolicyPart part;
  add_root(part, input);
  add_consoles(part, input);
  add_boot_loader(part, input);
  if (boot_type_of(input) == model::BootType::legacy ||
      !input.release.default_boot_loader.empty()) {
    request_role(part, input, "initramfs", "storage.bootType", boot_type_place(input));
  }
  if (has_early_overlay(input.config.os)) part.policy.initramfs_drivers.emplace_back("overlay");
  if (input.config.os.uki_mode) {
    part.diagnostics.error(
        "policy.unsupported-uki", "unified kernel images are not composed yet",
        input.config.os.uki_mode->where,
        "remove os.uki; kernel and initramfs are installed as boot loader entries");
  }
  return part;
}

} // namespace imagewright::policy
