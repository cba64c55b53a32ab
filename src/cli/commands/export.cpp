// SPDX-License-Identifier: MIT
#include <functional>
#include <memory>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/handover/handover.hpp>

#include "../command.hpp"

namespace imagewright::cli {

namespace {

struct ExportWords {
  std::string manifest;
  std::vector<std::string> manifests;
  std::string name;
  unsigned memory = 2048;
  unsigned processors = 2;
  bool is_secure = false;
  std::string directory;
  std::string network;
  std::string hypervisor = "kvm";
  std::string version;
  std::string url;
  std::string flavor;
  std::string friendly_name;
};

audit::Manifest manifest_at(const std::string& path) {
  return audit::parse_manifest(read_input(path, "manifest", audit::k_largest_manifest), path);
}

handover::Machine machine_from(const ExportWords& words) {
  return {.name = words.name,
          .memory = base::ByteSize::mib(words.memory),
          .processors = words.processors,
          .secure_boot = words.is_secure ? handover::SecureBoot::on : handover::SecureBoot::off};
}

std::string libvirt_text(const ExportWords& words) {
  handover::LibvirtRequest request{.machine = machine_from(words)};
  if (!words.directory.empty()) request.directory = words.directory;
  if (!words.network.empty()) request.network = words.network;
  if (words.hypervisor == "qemu") request.hypervisor = handover::Hypervisor::qemu;
  return handover::libvirt_domain(manifest_at(words.manifest), request);
}

std::string hyperv_text(const ExportWords& words) {
  handover::HyperVRequest request{.machine = machine_from(words)};
  if (!words.network.empty()) request.network = words.network;
  return handover::hyperv_script(manifest_at(words.manifest), request);
}

std::string terraform_text(const ExportWords& words) {
  return handover::terraform_variables(manifest_at(words.manifest),
                                       {.directory = words.directory, .version = words.version});
}

std::string catalogue_text(const ExportWords& words) {
  std::vector<audit::Manifest> manifests;
  for (const std::string& path : words.manifests)
    manifests.push_back(manifest_at(path));
  return handover::wsl_catalogue(
      manifests,
      {.base_url = words.url, .flavor = words.flavor, .friendly_name = words.friendly_name});
}

Argument manifest_argument(ExportWords& words) {
  return {.value = "MANIFEST",
          .description = "The manifest beside the image, NAME-ARCH.manifest.json",
          .target = &words.manifest,
          .completes = Completes::files,
          .is_required = true};
}

void add_machine_arguments(Command& command, ExportWords& words) {
  const std::vector<Argument> more{
      {.names = {"--name"},
       .value = "NAME",
       .description = "What the machine is called, by default as the image",
       .target = &words.name},
      {.names = {"--memory"},
       .value = "MIB",
       .description = "Its memory in MiB",
       .target = &words.memory,
       .range = std::pair{std::int64_t{128}, std::int64_t{16777216}}},
      {.names = {"--processors"},
       .value = "N",
       .description = "Its processors",
       .target = &words.processors,
       .range = std::pair{std::int64_t{1}, std::int64_t{4096}}},
      {.names = {"--secure-boot"},
       .description = "Turn Secure Boot on: for images whose boot chain is signed",
       .target = &words.is_secure}};
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
}

using Writer = std::string (*)(const ExportWords& words);

void set_action(Command& command, const std::shared_ptr<ExportWords>& words, Writer write) {
  command.action = [words, write](const CommandContext& context) {
    context.console.print(write(*words));
    return ExitCode::done;
  };
}

Command libvirt_command(const std::shared_ptr<ExportWords>& words) {
  Command command{.name = "libvirt", .summary = "A domain for virsh define"};
  command.arguments = {manifest_argument(*words)};
  add_machine_arguments(command, *words);
  const std::vector<Argument> more{
      {.names = {"--directory"},
       .value = "DIR",
       .description = "Where the image will be, by default /var/lib/libvirt/images",
       .target = &words->directory},
      {.names = {"--network"},
       .value = "NAME",
       .description = "The network of libvirt, by default \"default\"",
       .target = &words->network},
      {.names = {"--hypervisor"},
       .value = "WHICH",
       .description = "kvm, or qemu where there is no /dev/kvm",
       .target = &words->hypervisor,
       .choices = {"kvm", "qemu"}}};
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
  command.examples = {{"imagewright export libvirt out/node-x86_64.manifest.json > node.xml",
                       "Then: virsh define node.xml"}};
  set_action(command, words, libvirt_text);
  return command;
}

Command hyperv_command(const std::shared_ptr<ExportWords>& words) {
  Command command{.name = "hyperv",
                  .summary = "A script of PowerShell that makes a machine of generation 2"};
  command.arguments = {manifest_argument(*words)};
  add_machine_arguments(command, *words);
  command.arguments.push_back({.names = {"--network"},
                               .value = "SWITCH",
                               .description = "The switch, by default \"Default Switch\"",
                               .target = &words->network});
  command.examples = {{"imagewright export hyperv out/node-x86_64.manifest.json > out/node.ps1",
                       "The script stands beside the VHDX"}};
  set_action(command, words, hyperv_text);
  return command;
}

Command terraform_command(const std::shared_ptr<ExportWords>& words) {
  Command command{.name = "terraform",
                  .summary = "Variables of the Terraform module toolkit/terraform/azure-image"};
  command.arguments = {
      manifest_argument(*words),
      {.names = {"--directory"},
       .value = "DIR",
       .description = "Where the image is, as Terraform sees it; by default beside the variables",
       .target = &words->directory},
      {.names = {"--image-version"},
       .value = "X.Y.Z",
       .description = "Version in the gallery, by default from the image's time stamp",
       .target = &words->version}};
  command.examples = {
      {"imagewright export terraform out/node-x86_64.manifest.json > imagewright.auto.tfvars.json",
       "Terraform reads it by itself"}};
  set_action(command, words, terraform_text);
  return command;
}

Command catalogue_command(const std::shared_ptr<ExportWords>& words) {
  Command command{.name = "wsl-catalogue",
                  .summary = "The list of distributions that wsl --install takes them from"};
  command.arguments = {{.value = "MANIFEST",
                        .description = "The manifests of one image, one for each architecture",
                        .target = &words->manifests,
                        .completes = Completes::files,
                        .is_required = true},
                       {.names = {"--url"},
                        .value = "URL",
                        .description = "Where the archives can be fetched: their directory",
                        .target = &words->url,
                        .is_required = true},
                       {.names = {"--flavor"},
                        .value = "NAME",
                        .description = "What wsl --install takes, by default the image's name",
                        .target = &words->flavor},
                       {.names = {"--friendly-name"},
                        .value = "TEXT",
                        .description = "What wsl --list --online shows",
                        .target = &words->friendly_name}};
  command.examples = {{"imagewright export wsl-catalogue out/node-x86_64.manifest.json --url "
                       "https://images.example.com/wsl",
                       "For DistributionListUrl in the registry"}};
  set_action(command, words, catalogue_text);
  return command;
}

} // namespace

Command export_command() {
  const auto words = std::make_shared<ExportWords>();
  Command command{.name = "export",
                  .summary = "Write what others need to run or publish an image",
                  .nested = {libvirt_command(words), hyperv_command(words),
                             terraform_command(words), catalogue_command(words)}};
  command.examples = {{"imagewright export libvirt out/node-x86_64.manifest.json > node.xml",
                       "A domain for virsh define"},
                      {"imagewright export hyperv out/node-x86_64.manifest.json > New-Node.ps1",
                       "A script that makes a machine of Hyper-V"}};
  return command;
}

} // namespace imagewright::cli
