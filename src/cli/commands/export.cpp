// SPDX-License-Identifier: MIT
#include <memory>

#include <fmt/format.h>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/handover/handover.hpp>
#include <imagewright/handover/prepared_image.hpp>
#include <imagewright/lock/base_lock.hpp>
#include <imagewright/model/architecture_names.hpp>
#include <imagewright/model/config_path.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/lock_freshness.hpp>

#include "../command.hpp"
#include "../config_file.hpp"
#include "../data_directories.hpp"

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
  std::string config;
  std::string lock;
  std::string architecture = "x86_64";
  handover::PreparedImageRequest prepared;
  bool allows_partial = false;
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

/// No list of packages is longer.
constexpr base::ByteSize k_largest_lock = base::ByteSize::mib(256);

/// The lock's packages for the architecture that is asked for, when it answers what the config
/// says today. What is pinned for an image that is customized depends on that image as well, which
/// nobody has here.
const model::ArchitectureLock& fresh_packages(const lock::LockWithBases& locked,
                                              const ExportWords& words,
                                              const CommandContext& context) {
  const model::ArchitectureLock* packages = locked.lock.find(words.architecture);
  if (packages == nullptr) {
    throw base::Error(
        base::FailureKind::input, "lock.architecture-missing",
        fmt::format("{} has no packages for {}", base::quoted(words.lock), words.architecture),
        "lock the config for it: imagewright lock --arch " + words.architecture + " CONFIG");
  }
  if (locked.bases.contains(words.architecture)) return *packages;
  const plan::PlannedBuild planned = plan::plan_build(
      {.config = words.config,
       .architectures = {words.architecture},
       .release_directories = installed_directories(context.invocation, "releases")});
  for (const plan::BuildPlan& plan : planned.plans) {
    const auto fault = lock::find_staleness(locked.lock, words.lock, plan::lock_question(plan));
    if (fault) throw base::Error(base::FailureKind::verification, *fault);
  }
  return *packages;
}

/// Nothing that the config asks for is left out in silence, and little of it unless that is wanted.
ExitCode run_prepared_image(const ExportWords& words, const CommandContext& context) {
  const std::string file = model::config_path_from(words.config).file.string();
  input_file(file, "config");
  refuse_what_is_no_config(file);
  const auto loaded = config::load_image_config(
      words.config, {.role_directories = installed_directories(context.invocation, "roles")});
  const auto locked =
      lock::parse_with_bases(read_input(words.lock, "lock file", k_largest_lock), words.lock);
  const model::ArchitectureLock& packages = fresh_packages(locked, words, context);
  const auto prepared = handover::prepared_image(loaded.config, packages, words.prepared);
  if (!words.allows_partial && !prepared.left_out.empty()) {
    base::Diagnostics refused;
    for (base::Diagnostic each : prepared.left_out.sorted()) {
      each.severity = base::Severity::error;
      refused.add(std::move(each));
    }
    throw base::InputError(std::move(refused));
  }
  context.console.show(prepared.left_out);
  context.console.print(prepared.text);
  return ExitCode::done;
}

std::vector<Argument> prepared_image_arguments(ExportWords& words) {
  return {{.value = "CONFIG",
           .description = "What the nodes are to be",
           .target = &words.config,
           .completes = Completes::files,
           .is_required = true},
          {.names = {"--lock"},
           .value = "LOCK",
           .description = "The config's lock, which pins packages and container images",
           .target = &words.lock,
           .completes = Completes::files,
           .is_required = true},
          {.names = {"--location"},
           .value = "REGION",
           .description = "The region of Azure",
           .target = &words.prepared.location,
           .is_required = true},
          {.names = {"--arch"},
           .value = "ARCH",
           .description = "Of the pool's nodes, by default x86_64",
           .target = &words.architecture,
           .choices = model::architecture_words()},
          {.names = {"--name"},
           .value = "NAME",
           .description = "Of the specification, by default the image's",
           .target = &words.prepared.name},
          {.names = {"--specification-version"},
           .value = "TEXT",
           .description = "Its version, by default from its content",
           .target = &words.prepared.version},
          {.names = {"--identity"},
           .value = "ID",
           .description = "Resource id of the identity that pulls images, by default the pool's",
           .target = &words.prepared.identity},
          {.names = {"--allow-partial"},
           .description = "Leave out what AKS has no place for, and say so",
           .target = &words.allows_partial}};
}

Command prepared_image_command(const std::shared_ptr<ExportWords>& words) {
  Command command{.name = "aks-prepared-image",
                  .summary = "A prepared image specification of AKS, from a config and its lock"};
  command.arguments = prepared_image_arguments(*words);
  command.notes = "Wishes for packages become exact versions, files, settings and units a script, "
                  "container images references by digest. Everything else is refused, or left out "
                  "with --allow-partial.";
  command.examples = {
      {"imagewright export aks-prepared-image configs/node.yaml --lock configs/node.lock.json "
       "--location westeurope > specification.json",
       "Then: az deployment group create --template-file specification.json"},
      {"imagewright export aks-prepared-image configs/node.yaml --lock configs/node.lock.json "
       "--location westeurope --allow-partial > specification.json",
       "Without the disk, the kernel and the users of the config"}};
  command.action = [words](const CommandContext& context) {
    return run_prepared_image(*words, context);
  };
  return command;
}

} // namespace

Command export_command() {
  const auto words = std::make_shared<ExportWords>();
  Command command{.name = "export",
                  .summary = "Write what others need to run or publish an image",
                  .nested = {libvirt_command(words), hyperv_command(words),
                             terraform_command(words), prepared_image_command(words),
                             catalogue_command(words)}};
  command.examples = {{"imagewright export libvirt out/node-x86_64.manifest.json > node.xml",
                       "A domain for virsh define"},
                      {"imagewright export hyperv out/node-x86_64.manifest.json > New-Node.ps1",
                       "A script that makes a machine of Hyper-V"}};
  return command;
}

} // namespace imagewright::cli
