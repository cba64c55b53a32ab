// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/model/partition_type.hpp>

#include "../boot_paths.hpp"
#include "../given_files.hpp"
#include "boot_loaders.hpp"
#include "grub_settings.hpp"
#include "node_settings.hpp"

namespace imagewright::finalize::boot_loaders {
namespace {

const std::string k_esp{k_esp_mount};
/// From which kernel-install(8) makes entries on the node.
const std::string k_command_line_file = "/etc/kernel/cmdline";

/// A type 1 entry of the UAPI group's Boot Loader Specification.
std::string entry_text(const BootInput& input, const std::string& title, const std::string& token,
                       const model::InstalledKernel& kernel) {
  const auto directory = "/" + token + "/" + kernel.release;
  return "title " + title + "\n" +                //
         "version " + kernel.release + "\n" +     //
         "sort-key " + token + "\n" +             //
         "options " + input.command_line + "\n" + //
         "linux " + directory + "/linux\n" +      //
         "initrd " + directory + "/initrd\n";
}

std::string entry_name(const std::string& token, const model::InstalledKernel& kernel) {
  return token + "-" + kernel.release + ".conf";
}

/// Gives where the entry stands.
std::string install_entry(const BootInput& input, const fs::RootDir& files,
                          const std::string& token, const model::InstalledKernel& kernel) {
  copy_boot_file(files, kernel.image, k_esp + "/" + token + "/" + kernel.release + "/linux");
  const auto entry = name_on_esp(files, k_esp + "/loader/entries/" + entry_name(token, kernel));
  files.write(entry, entry_text(input, pretty_name(files), token, kernel), 0644);
  return entry;
}

/// A kernel that is not told where the root is finds it by the type of its partition (UAPI group's
/// Discoverable Partitions Specification).
void require_findable_root(const BootInput& input) {
  const auto words = model::kernel_words(input.command_line);
  if (std::ranges::any_of(words, [](const auto& word) { return word.starts_with("root="); }))
    return;
  const model::Partition* root = input.layout.find_mount("/");
  const auto type = model::partition_type(model::PartitionKind::root, input.architecture);
  if (root != nullptr && root->type == type) return;
  const std::string& image = input.kernels.front().image;
  throw base::Error(base::FailureKind::input, "finalize.root-not-found",
                    base::quoted(image) + " says nothing of the root file system, and the "
                                          "partition of \"/\" has a type by which nobody finds it",
                    "give the partition \"type: root\"");
}

StepYield install_kernels(const BootInput& input, const fs::RootDir& files,
                          const std::string& token) {
  StepYield yield;
  switch (input.boot_loader.kernels) {
  case KernelForm::separate:
    for (const auto& kernel : input.kernels)
      yield.command_line_files.push_back(install_entry(input, files, token, kernel));
    break;
  case KernelForm::unified:
    yield = install_unified_kernels(input, files);
    break;
  case KernelForm::packaged:
    require_findable_root(input);
    break;
  }
  return yield;
}

std::string loader_configuration(const BootInput& input, const std::string& token) {
  std::string text = "timeout " + std::to_string(input.boot_loader.timeout_seconds) +
                     "\nconsole-mode keep\neditor no\n";
  if (input.kernels.empty()) return text;
  const auto& kernel = input.kernels.front();
  // Entries of one os-release are equal to systemd-boot, except for their names. Of the other kind
  // it takes the newest, also of those that are added on the node.
  if (input.boot_loader.kernels == KernelForm::packaged) {
    text += "default " + kernel.image.substr(kernel.image.rfind('/') + 1) + "\n";
  } else if (input.boot_loader.kernels == KernelForm::unified) {
    text += "default " + unified_kernel_entry(kernel) + "\n";
  } else if (!is_newest_kernel(input.kernels, kernel)) {
    text += "default " + entry_name(token, kernel) + "\n";
  }
  return text;
}

/// What kernel-install(8) needs to add later kernels in the same way.
StepYield leave_facts_for_the_node(const BootInput& input, const fs::RootDir& files,
                                   const std::string& token) {
  write_unless_given(files, input.given_files, "/etc/kernel/entry-token", token + "\n", 0644);
  // Who packages a kernel with its command line gives the node's next one its own, too.
  if (input.boot_loader.kernels == KernelForm::packaged) return {};
  write_unless_given(files, input.given_files, k_command_line_file,
                     lasting_command_line(input) + "\n", 0644);
  return {.command_line_files = {k_command_line_file}};
}

/// The line that the config has for kernels which the node installs; nothing: it has none.
std::optional<std::string> given_command_line(const BootInput& input, const fs::RootDir& files) {
  if (!is_given(input.given_files, k_command_line_file) ||
      input.boot_loader.kernels == KernelForm::packaged)
    return std::nullopt;
  auto text = files.find_content(k_command_line_file);
  if (text) std::ranges::replace(*text, '\n', ' ');
  return text;
}

StepYield install_everything(const BootInput& input, const fs::RootDir& files) {
  const auto token = entry_token(files);
  install_removable_media_loader(input, files);
  const auto& architecture = input.architecture;
  copy_boot_file(files, boot_file(architecture, input.boot_loader.facts.efi_program),
                 k_esp + "/EFI/systemd/systemd-boot" + architecture.efi_name + ".efi");
  write_unless_given(files, input.given_files, name_on_esp(files, k_esp + "/loader/loader.conf"),
                     loader_configuration(input, token), 0644);
  files.write(name_on_esp(files, k_esp + "/loader/entries.srel"), "type1\n", 0644);
  StepYield yield = install_kernels(input, files, token);
  yield.add(leave_facts_for_the_node(input, files, token));
  return yield;
}

/// Packages know GRUB alone: a crash kernel would be without the memory that its package asks for.
void tell_unread_arguments(const BootInput& input, const fs::RootDir& files, StepYield& yield) {
  const auto tell = [&](const std::string& what) {
    yield.warnings.push_back(
        {.severity = base::Severity::warning,
         .code = "finalize.argument-for-grub-alone",
         .message = what + ": systemd-boot reads no such files",
         .hint = "if it is wanted, add it to os.kernelCommandLine.extraCommandLine"});
  };
  const auto line = model::kernel_words(yield.command_line.value_or(input.command_line));
  try {
    for (const std::string& word : arguments_for_grub_alone(files)) {
      if (std::ranges::find(line, word) != line.end()) continue;
      tell("the kernel argument " + base::quoted(word) +
           ", which a file in /etc/default/grub.d asks for, is not on the command line");
    }
  } catch (const base::Error& error) {
    tell(error.diagnostic().message + "; nothing of it is on the command line");
  }
}

StepYield install_with_line(const BootInput& input, const fs::RootDir& files) {
  const auto given = given_command_line(input, files);
  if (!given) return install_everything(input, files);
  const auto words = model::kernel_words(*given);
  const std::string line = command_line_with(input, words);
  BootInput following{input.architecture, input.layout, input.boot_loader, input.kernels, line,
                      input.given_files,  input.policy};
  StepYield yield = install_everything(following, files);
  yield.command_line = line;
  for (auto& warning : lacking_arguments(input, k_command_line_file, words))
    yield.warnings.push_back(std::move(warning));
  return yield;
}

} // namespace

StepYield install_systemd_boot(const BootInput& input, const fs::RootDir& files) {
  StepYield yield = install_with_line(input, files);
  tell_unread_arguments(input, files, yield);
  return yield;
}

} // namespace imagewright::finalize::boot_loaders
