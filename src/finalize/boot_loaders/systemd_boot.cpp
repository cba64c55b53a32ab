// SPDX-License-Identifier: MIT
#include <string>

#include "../boot_paths.hpp"
#include "boot_loaders.hpp"

namespace imagewright::finalize::boot_loaders {
namespace {

const std::string k_esp{k_esp_mount};

/// A type 1 entry of the UAPI group's Boot Loader Specification.
std::string entry_text(const Context& context, const model::InstalledKernel& kernel) {
  const auto token = entry_token(context.root);
  const auto directory = "/" + token + "/" + kernel.release;
  return "title " + pretty_name(context) + "\n" +                 //
         "version " + kernel.release + "\n" +                     //
         "sort-key " + token + "\n" +                             //
         "options " + context.sealed.kernel_command_line + "\n" + //
         "linux " + directory + "/linux\n" +                      //
         "initrd " + directory + "/initrd\n";
}

void install_entry(const Context& context, const model::InstalledKernel& kernel) {
  const auto token = entry_token(context.root);
  copy_boot_file(context, kernel.image, k_esp + "/" + token + "/" + kernel.release + "/linux");
  context.root.write(k_esp + "/loader/entries/" + token + "-" + kernel.release + ".conf",
                     entry_text(context, kernel), 0644);
}

/// What kernel-install(8) needs to add later kernels in the same way.
void leave_facts_for_the_node(const Context& context) {
  context.root.write("/etc/kernel/cmdline", context.sealed.kernel_command_line + "\n", 0644);
  context.root.write("/etc/kernel/entry-token", entry_token(context.root) + "\n", 0644);
}

} // namespace

void install_systemd_boot(const Context& context) {
  install_removable_media_loader(context);
  const auto& architecture = context.plan.architecture;
  copy_boot_file(context, with_efi_name(context, context.plan.boot_loader.facts.efi_program),
                 k_esp + "/EFI/systemd/systemd-boot" + architecture.efi_name + ".efi");
  context.root.write(k_esp + "/loader/loader.conf",
                     "timeout " + std::to_string(context.plan.boot_loader.timeout_seconds) +
                         "\nconsole-mode keep\neditor no\n",
                     0644);
  context.root.write(k_esp + "/loader/entries.srel", "type1\n", 0644);
  for (const auto& kernel : context.sealed.kernels)
    install_entry(context, kernel);
  leave_facts_for_the_node(context);
}

} // namespace imagewright::finalize::boot_loaders
