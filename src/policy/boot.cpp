// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/boot_choice.hpp>
#include <imagewright/model/boot_loader.hpp>
#include <imagewright/model/filesystem_type.hpp>
#include <imagewright/model/mount_options.hpp>

#include "roles.hpp"

namespace imagewright::policy {
namespace {

base::SourceLocation boot_type_place(const PolicyInput& input) {
  const auto& type = input.config.storage.boot_type;
  return type ? type->where : input.release.where;
}

void add_root(PolicyPart& part, const PolicyInput& input) {
  const auto* root = input.layout.find_mount("/");
  if (root == nullptr) {
    part.diagnostics.error("policy.no-root", "no filesystem is mounted at \"/\"",
                           input.config.storage.where,
                           "give a filesystem the mount point \"/\" under storage.filesystems");
    return;
  }
  const auto source = model::kernel_mount_source(*root);
  const bool is_read_only = model::has_mount_option(root->filesystem->mount_options, "ro");
  const auto& where = input.config.storage.where;
  part.policy.kernel_arguments.push_back({"root=" + source, "storage", where});
  part.policy.kernel_arguments.push_back({is_read_only ? "ro" : "rw", "storage", where});
  part.claims.push_back({"root", {source}, "storage", where});
  const std::string_view driver = model::row_of(root->filesystem->type).root_driver;
  if (!driver.empty()) part.policy.initramfs_drivers.emplace_back(driver);
}

void add_consoles(PolicyPart& part, const PolicyInput& input) {
  if (const auto* facts = platform_facts(input)) {
    const auto own = facts->consoles.find(input.architecture.name);
    if (own != facts->consoles.end()) {
      for (const auto& console : own->second) {
        part.policy.kernel_arguments.push_back(
            {"console=" + console, platform_origin(input), facts->where});
      }
      return;
    }
  }
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

base::SourceLocation boot_loader_place(const PolicyInput& input) {
  const auto& os = input.config.os;
  if (os.boot_loader) return os.boot_loader->where;
  return os.uki_mode ? os.uki_mode->where : boot_type_place(input);
}

/// A boot loader that was asked for, and that the release does not have.
void refuse_unknown_boot_loader(PolicyPart& part, const PolicyInput& input,
                                const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, facts] : input.release.boot_loaders)
    names.push_back(known);
  auto hint = base::did_you_mean(name, names);
  if (hint.empty()) hint = "it has " + base::join(names, ", ");
  part.diagnostics.error("policy.no-boot-loader",
                         "release " + base::quoted(input.release.name) + " has no boot loader " +
                             base::quoted(name),
                         boot_loader_place(input), std::move(hint));
}

void add_bios_boot_loader(PolicyPart& part, const PolicyInput& input) {
  const auto where = boot_type_place(input);
  if (!input.architecture.can_boot_legacy_bios) {
    part.diagnostics.error("policy.no-legacy-boot",
                           "machines of architecture " + base::quoted(input.architecture.name) +
                               " cannot boot by BIOS",
                           where, "set storage.bootType to efi, or leave the architecture out");
    return;
  }
  const auto& wish = input.config.os.boot_loader;
  const auto* wished = wish ? model::find_boot_loader(wish->text) : nullptr;
  if (wish && (wished == nullptr || !wished->starts_from_bios)) {
    part.diagnostics.add({.code = "policy.boot-conflict",
                          .message = base::quoted(wish->text) + " cannot be started by a BIOS",
                          .where = wish->where,
                          .related = {{where, "the boot type is set here"}},
                          .hint = "use \"type: grub\", or \"bootType: efi\""});
  }
  request_role(part, input, "bootloader-bios", "storage.bootType", where);
}

void add_boot_loader(PolicyPart& part, const PolicyInput& input) {
  if (model::boot_type_of(input.config, input.release) == model::BootType::legacy) {
    add_bios_boot_loader(part, input);
    return;
  }
  const auto name = model::boot_loader_of(input.config, input.release);
  if (name.empty()) return;
  const bool is_asked_for = input.config.os.boot_loader || input.config.os.uki_mode;
  if (is_asked_for && !input.release.boot_loaders.contains(name)) {
    refuse_unknown_boot_loader(part, input, name);
    return;
  }
  const auto* key = input.config.os.boot_loader ? "os.bootloader.type"
                    : input.config.os.uki_mode  ? "os.uki.mode"
                                                : "storage.bootType";
  request_role(part, input, "bootloader-" + name, key, boot_loader_place(input));
}

/// Unified kernel images are EFI programs, which systemd-boot looks for.
void refuse_unfit_unified_kernel(PolicyPart& part, const PolicyInput& input) {
  const auto& mode = input.config.os.uki_mode;
  if (!mode) return;
  const auto refuse = [&](const std::string& reason, const base::SourceLocation& where,
                          const std::string& note, std::string hint) {
    part.diagnostics.add({.code = "policy.boot-conflict",
                          .message = reason,
                          .where = mode->where,
                          .related = {{where, note}},
                          .hint = std::move(hint)});
  };
  if (model::boot_type_of(input.config, input.release) == model::BootType::legacy) {
    refuse("a BIOS cannot start unified kernel images", boot_type_place(input),
           "the boot type is set here", "use \"bootType: efi\", or remove os.uki");
    return;
  }
  const auto& wish = input.config.os.boot_loader;
  const auto* wished = wish ? model::find_boot_loader(wish->text) : nullptr;
  if (wished == nullptr || wished->starts_unified_images) return;
  refuse(std::string(wished->title) + " does not find unified kernel images", wish->where,
         "the boot loader is chosen here", "use \"type: systemd-boot\", or remove os.uki");
}

} // namespace

bool has_early_overlay(const model::OsConfig& os) {
  return std::ranges::any_of(os.overlays, [](const auto& overlay) {
    return overlay.stage == model::OverlayStage::initrd;
  });
}

PolicyPart boot_policy(const PolicyInput& input) {
  PolicyPart part;
  add_root(part, input);
  add_consoles(part, input);
  add_boot_loader(part, input);
  const bool is_legacy =
      model::boot_type_of(input.config, input.release) == model::BootType::legacy;
  const bool has_loader = is_legacy || !model::boot_loader_of(input.config, input.release).empty();
  if (has_loader && !has_packaged_kernel(input)) {
    request_role(part, input, "initramfs", "storage.bootType", boot_type_place(input));
  }
  if (has_early_overlay(input.config.os))
    part.policy.initramfs_drivers.emplace_back(k_overlay_driver);
  refuse_unfit_unified_kernel(part, input);
  return part;
}

} // namespace imagewright::policy
