// SPDX-License-Identifier: MIT
#include <string>

#include "../boot_paths.hpp"
#include "boot_loaders.hpp"

namespace imagewright::finalize::boot_loaders {
namespace {

const std::string k_esp{k_esp_mount};

/// A type 1 entry of the UAPI group's Boot Loader Specification.
std::string entry_text(const Context& context, const std::string& token,
                       const model::InstalledKernel& kernel) {
  const auto directory = "/" + token + "/" + kernel.release;
  return "title " + pretty_name(context) + "\n" +                 //
         "version " + kernel.release + "\n" +                     //
         "sort-key " + token + "\n" +                             //
         "options " + context.sealed.kernel_command_line + "\n" + //
         "linux " + directory + "/linux\n" +                      //
         "initrd " + directory + "/initrd\n";
}

std::string entry_name(const std::string& token, const model::InstalledKernel& kernel) {
  return token + "-" + kernel.release + ".conf";
}

void install_entry(const Context& context, const std::string& token,
                   const model::InstalledKernel& kernel) {
  copy_boot_file(context, kernel.image, k_esp + "/" + token + "/" + kernel.release + "/linux");
  const auto entry = k_esp + "/loader/entries/" + entry_name(token, kernel);
  context.root.write(entry, entry_text(context, token, kernel), 0644);
  context.sealed.command_line_files.push_back(entry);
}

void install_kernels(const Context& context, const std::string& token) {
  switch (context.plan.boot_loader.kernels) {
  case KernelForm::separate:
    for (const auto& kernel : context.sealed.kernels)
      install_entry(context, token, kernel);
    return;
  case KernelForm::unified:
    install_unified_kernels(context);
    return;
  }
}

std::string loader_configuration(const Context& context, const std::string& token) {
  std::string text = "timeout " + std::to_string(context.plan.boot_loader.timeout_seconds) +
                     "\nconsole-mode keep\neditor no\n";
  if (context.sealed.kernels.empty()) return text;
  const auto& kernel = context.sealed.kernels.front();
  // Entries of one os-release are equal to systemd-boot, except for their names. Of the other kind
  // it takes the newest, also of those that are added on the node.
  if (context.plan.boot_loader.kernels == KernelForm::unified) {
    text += "default " + unified_kernel_entry(kernel) + "\n";
  } else if (!is_newest_kernel(context, kernel)) {
    text += "default " + entry_name(token, kernel) + "\n";
  }
  return text;
}

/// What kernel-install(8) needs to add later kernels in the same way.
void leave_facts_for_the_node(const Context& context, const std::string& token) {
  context.root.write("/etc/kernel/cmdline", lasting_command_line(context) + "\n", 0644);
  context.sealed.command_line_files.emplace_back("/etc/kernel/cmdline");
  context.root.write("/etc/kernel/entry-token", token + "\n", 0644);
}

} // namespace

void install_systemd_boot(const Context& context) {
  const auto token = entry_token(context.root);
  install_removable_media_loader(context);
  const auto& architecture = context.plan.architecture;
  copy_boot_file(context, boot_file(context, context.plan.boot_loader.facts.efi_program),
                 k_esp + "/EFI/systemd/systemd-boot" + architecture.efi_name + ".efi");
  context.root.write(k_esp + "/loader/loader.conf", loader_configuration(context, token), 0644);
  context.root.write(k_esp + "/loader/entries.srel", "type1\n", 0644);
  install_kernels(context, token);
  leave_facts_for_the_node(context, token);
}

} // namespace imagewright::finalize::boot_loaders
