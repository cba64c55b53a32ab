// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/model/boot_choice.hpp>

namespace imagewright::finalize {
namespace {

BootLoaderKind kind_of(const std::string& name) {
  if (name.empty()) return BootLoaderKind::none;
  return name == "grub" ? BootLoaderKind::grub : BootLoaderKind::systemd_boot;
}

BootLoader chosen_boot_loader(const model::ImageConfig& config,
                              const model::ReleaseProfile& release) {
  if (model::boot_type_of(config, release) == model::BootType::legacy)
    return {.kind = BootLoaderKind::grub_bios};
  const auto name = model::boot_loader_of(config, release);
  if (name.empty()) return {};
  const auto facts = release.boot_loaders.find(name);
  const bool is_known = name == "systemd-boot" || name == "grub";
  if (!is_known || facts == release.boot_loaders.end()) {
    throw base::Error(base::FailureKind::input,
                      {.code = "finalize.no-boot-loader",
                       .message = "release " + base::quoted(release.name) +
                                  " does not say how its boot loader " + base::quoted(name) +
                                  " is set up",
                       .where = release.where,
                       .hint = "give the boot loader an entry in the release profile"});
  }
  return {.kind = kind_of(name),
          .kernels = config.os.uki_mode ? KernelForm::unified : KernelForm::separate,
          .facts = facts->second,
          .timeout_seconds = 0,
          .serial_console = {}};
}

} // namespace

FinalizePlan plan_from(const model::ImageConfig& config, const model::ReleaseProfile& release,
                       const model::Architecture& architecture) {
  FinalizePlan plan{.image_name = config.name,
                    .tool_version = {},
                    .architecture = architecture,
                    .layout = {},
                    .policy = {},
                    .os = config.os,
                    .scripts = config.scripts,
                    .initramfs = release.initramfs,
                    .boot_loader = chosen_boot_loader(config, release),
                    .rpm_database_path = release.rpm_database_path,
                    .log_directory = {}};
  plan.boot_loader.serial_console = architecture.serial_console;
  return plan;
}

} // namespace imagewright::finalize
