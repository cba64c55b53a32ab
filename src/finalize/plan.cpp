// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/model/boot_choice.hpp>
#include <imagewright/model/boot_loader.hpp>
#include <imagewright/model/partition_type.hpp>

namespace imagewright::finalize {
namespace {

BootLoaderKind kind_of(const std::string& name) {
  if (name.empty()) return BootLoaderKind::none;
  const model::BootLoaderRow* row = model::find_boot_loader(name);
  IMAGEWRIGHT_ASSERT(row != nullptr);
  switch (row->name) {
  case model::BootLoaderName::grub:
    return BootLoaderKind::grub;
  case model::BootLoaderName::systemd_boot:
    return BootLoaderKind::systemd_boot;
  }
  throw base::BugError("a boot loader that nothing installs");
}

bool is_known(const std::string& name) {
  return model::find_boot_loader(name) != nullptr;
}

KernelForm kernel_form(const model::OsConfig& os) {
  if (!os.uki_mode) return KernelForm::separate;
  return os.uki_mode->value == model::UkiMode::passthrough ? KernelForm::packaged
                                                           : KernelForm::unified;
}

BootLoader chosen_boot_loader(const model::ImageConfig& config,
                              const model::ReleaseProfile& release) {
  if (model::boot_type_of(config, release) == model::BootType::legacy)
    return {.kind = BootLoaderKind::grub_bios};
  const auto name = model::boot_loader_of(config, release);
  if (name.empty()) return {};
  const auto facts = release.boot_loaders.find(name);
  IMAGEWRIGHT_ASSERT(is_known(name) && facts != release.boot_loaders.end());
  return {.kind = kind_of(name),
          .kernels = kernel_form(config.os),
          .facts = facts->second,
          .timeout_seconds = 0,
          .serial_console = {}};
}

/// Looks for what would stop the boot loader's step.
class BootSetupCheck {
public:
  BootSetupCheck(const model::ImageConfig& config, const model::ReleaseProfile& release,
                 const model::Architecture& architecture, const model::DiskLayout& layout)
      : config_(config), release_(release), architecture_(architecture), layout_(layout) {}

  base::Diagnostics run() {
    if (model::boot_type_of(config_, release_) == model::BootType::legacy) {
      check_partition(model::PartitionKind::bios_grub, "finalize.no-bios-boot-partition",
                      "the disk has no partition for GRUB's second part",
                      "add a partition with \"type: bios-grub\", 1 MiB large, as the first one");
    } else if (const auto name = model::boot_loader_of(config_, release_); !name.empty()) {
      check_partition(model::PartitionKind::esp, "finalize.no-esp",
                      "the disk has no EFI system partition, where firmware looks for boot loaders",
                      "add a partition with \"type: esp\" and a fat32 filesystem on it, mounted at "
                      "/boot/efi");
      check_loader(name);
    }
    return std::move(diagnostics_);
  }

private:
  /// What asked for the boot loader.
  base::SourceLocation place() const {
    if (config_.os.boot_loader) return config_.os.boot_loader->where;
    return config_.os.uki_mode ? config_.os.uki_mode->where : release_.where;
  }

  void check_partition(model::PartitionKind kind, std::string code, std::string message,
                       std::string hint) {
    const base::Uuid type = model::partition_type(kind, architecture_);
    const auto& partitions = layout_.partitions;
    if (std::ranges::find(partitions, type, &model::Partition::type) != partitions.end()) return;
    const auto& asked = config_.storage.boot_type;
    const auto& where = asked                  ? asked->where
                        : config_.storage.disk ? config_.storage.where
                                               : release_.where;
    diagnostics_.error(std::move(code), std::move(message), where, std::move(hint));
  }

  void check_loader(const std::string& name) {
    const auto facts = release_.boot_loaders.find(name);
    if (!is_known(name)) {
      add("finalize.no-boot-loader", base::quoted(name) + " is no boot loader that can be set up",
          "use systemd-boot or grub");
    } else if (facts == release_.boot_loaders.end()) {
      // That the release lacks what the config asks for, the policy says.
      if (config_.os.boot_loader || config_.os.uki_mode) return;
      add("finalize.no-boot-loader",
          "release " + base::quoted(release_.name) + " does not say how its boot loader " +
              base::quoted(name) + " is set up",
          "give the boot loader an entry in the release profile");
    } else {
      check_facts(name, facts->second);
    }
  }

  void check_facts(const std::string& name, const model::BootLoaderFacts& facts) {
    const auto& program = facts.efi_program.for_architecture(architecture_.name);
    if (program.empty()) {
      add("finalize.no-boot-loader",
          "release " + base::quoted(release_.name) + " does not say where the program of " +
              base::quoted(name) + " is for " + architecture_.name,
          "give the boot loader its efiProgram in the release profile");
    }
    const bool makes_images = kernel_form(config_.os) == KernelForm::unified;
    if (makes_images && facts.stub.for_architecture(architecture_.name).empty()) {
      add("finalize.no-stub",
          "release " + base::quoted(release_.name) + " has no stub for unified kernel images on " +
              architecture_.name,
          "give " + base::quoted(name) + " its stub in the release profile, or remove os.uki");
    }
  }

  void add(std::string code, std::string message, std::string hint) {
    const base::SourceLocation where = place();
    base::Diagnostic diagnostic{.code = std::move(code),
                                .message = std::move(message),
                                .where = where,
                                .hint = std::move(hint)};
    if (where != release_.where)
      diagnostic.related.push_back({release_.where, "the profile of the release"});
    diagnostics_.add(std::move(diagnostic));
  }

  const model::ImageConfig& config_;
  const model::ReleaseProfile& release_;
  const model::Architecture& architecture_;
  const model::DiskLayout& layout_;
  base::Diagnostics diagnostics_;
};

} // namespace

base::Diagnostics check_boot_setup(const model::ImageConfig& config,
                                   const model::ReleaseProfile& release,
                                   const model::Architecture& architecture,
                                   const model::DiskLayout& layout) {
  return BootSetupCheck(config, release, architecture, layout).run();
}

FinalizePlan plan_from(const model::ImageConfig& config, const model::ReleaseProfile& release,
                       const model::Architecture& architecture) {
  FinalizePlan plan{.image_name = config.name,
                    .tool_version = {},
                    .architecture = architecture,
                    .layout = {},
                    .policy = {},
                    .os = config.os,
                    .scripts = config.scripts,
                    .script_files = config.output.script_files,
                    .initramfs = release.initramfs,
                    .boot_loader = chosen_boot_loader(config, release),
                    .rpm_database_path = release.rpm_database_path,
                    .identity_files = release.identity_files};
  plan.boot_loader.serial_console = architecture.serial_console;
  return plan;
}

} // namespace imagewright::finalize
