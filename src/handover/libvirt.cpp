// SPDX-License-Identifier: MIT
#include <filesystem>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/handover/handover.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/page/markup.hpp>

#include "handover/manifest_facts.hpp"

namespace imagewright::handover {

namespace {

using page::escaped;

/// What QEMU's word begins with; what follows are settings.
std::string machine_type(const audit::Manifest& manifest) {
  const std::string& machine = model::architecture(manifest.architecture).qemu.machine;
  return machine.substr(0, machine.find(','));
}

std::string operating_system(const audit::Manifest& manifest, const Machine& machine) {
  const std::string type =
      fmt::format("    <type arch='{}' machine='{}'>hvm</type>\n", escaped(manifest.architecture),
                  escaped(machine_type(manifest)));
  if (!starts_by_uefi(manifest)) return "  <os>\n" + type + "    <boot dev='hd'/>\n  </os>\n";
  const bool is_secure = machine.secure_boot == SecureBoot::on;
  return "  <os firmware='efi'>\n" + type +
         fmt::format("    <firmware>\n"
                     "      <feature enabled='{0}' name='enrolled-keys'/>\n"
                     "      <feature enabled='{0}' name='secure-boot'/>\n"
                     "    </firmware>\n"
                     "    <boot dev='hd'/>\n"
                     "  </os>\n",
                     is_secure ? "yes" : "no");
}

std::string features(const audit::Manifest& manifest, const Machine& machine) {
  // Where there is system management mode, it guards Secure Boot's variables.
  const bool has_smm = machine.secure_boot == SecureBoot::on &&
                       model::architecture(manifest.architecture).can_boot_legacy_bios;
  return fmt::format("  <features>\n    <acpi/>\n{}  </features>\n",
                     has_smm ? "    <smm state='on'/>\n" : "");
}

std::string devices(const audit::ArtifactRecord& artifact, const LibvirtRequest& request) {
  const std::string path =
      (std::filesystem::path(request.directory) / artifact.file).lexically_normal().string();
  return fmt::format("  <devices>\n"
                     "    <disk type='file' device='disk'>\n"
                     "      <driver name='qemu' type='{}'/>\n"
                     "      <source file='{}'/>\n"
                     "      <target dev='vda' bus='virtio'/>\n"
                     "    </disk>\n"
                     "    <interface type='network'>\n"
                     "      <source network='{}'/>\n"
                     "      <model type='virtio'/>\n"
                     "    </interface>\n"
                     "    <console type='pty'>\n"
                     "      <target type='serial' port='0'/>\n"
                     "    </console>\n"
                     "    <rng model='virtio'>\n"
                     "      <backend model='random'>/dev/urandom</backend>\n"
                     "    </rng>\n"
                     "  </devices>\n",
                     model::row_of(artifact.format).qemu_driver,
                     escaped(checked_text(path, "path")),
                     escaped(checked_text(request.network, "name of a network")));
}

std::string processor(Hypervisor hypervisor) {
  // Of an emulated processor "maximum" is what there is; of a real one the host's.
  return hypervisor == Hypervisor::kvm ? "  <cpu mode='host-passthrough'/>\n"
                                       : "  <cpu mode='maximum'/>\n";
}

} // namespace

std::string libvirt_domain(const audit::Manifest& manifest, const LibvirtRequest& request) {
  require_known_architecture(manifest);
  if (!std::filesystem::path(request.directory).is_absolute()) {
    throw base::Error(base::FailureKind::input, "handover.bad-text",
                      fmt::format("{} is no absolute path", base::quoted(request.directory)),
                      "libvirt needs one: say where the image will be");
  }
  const audit::ArtifactRecord& artifact =
      artifact_in(manifest, {model::ImageFormat::qcow2, model::ImageFormat::raw});
  const std::string& name = checked_text(
      request.machine.name.empty() ? manifest.name : request.machine.name, "name of a domain");
  if (name.find('/') != std::string::npos) {
    throw base::Error(base::FailureKind::input, "handover.bad-text",
                      fmt::format("{} is no name of a domain: it has a slash", base::quoted(name)),
                      "give another name");
  }
  const base::Uuid uuid = base::Uuid::from_name(artifact.digest.to_string(), "domain " + name);
  constexpr std::uint64_t k_kib = 1024;
  return fmt::format("<domain type='{}'>\n  <name>{}</name>\n  <uuid>{}</uuid>\n"
                     "  <memory unit='KiB'>{}</memory>\n  <vcpu>{}</vcpu>\n",
                     request.hypervisor == Hypervisor::kvm ? "kvm" : "qemu", escaped(name),
                     uuid.to_string(), request.machine.memory.bytes() / k_kib,
                     request.machine.processors) +
         operating_system(manifest, request.machine) + features(manifest, request.machine) +
         processor(request.hypervisor) + devices(artifact, request) + "</domain>\n";
}

} // namespace imagewright::handover
