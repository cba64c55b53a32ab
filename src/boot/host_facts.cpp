// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <imagewright/boot/accelerator.hpp>
#include <imagewright/boot/host_facts.hpp>
#include <imagewright/process/host_packages.hpp>
#include <imagewright/process/program.hpp>

#include "boot/firmware.hpp"

namespace imagewright::boot {

namespace {

std::optional<std::string> find_program_path(const std::string& name) {
  const auto path = process::find_program(name);
  if (!path) return std::nullopt;
  return path->string();
}

HostFact program_fact(const std::string& name) {
  return {.name = name, .found = find_program_path(name), .remedy = process::how_to_install(name)};
}

HostFact firmware_fact(const model::Architecture& architecture) {
  const std::string name = "UEFI firmware for " + architecture.name;
  HostFact fact{.name = name, .remedy = process::how_to_install(name)};
  if (const auto firmware = find_firmware(architecture)) fact.found = firmware->code;
  return fact;
}

HostFact acceleration_fact() {
  constexpr const char* k_device = "/dev/kvm";
  HostFact fact{.name = "KVM",
                .is_required = false,
                .remedy =
                    "nothing needs it; with it images of the host's architecture boot faster"};
  if (can_run_kvm_guest()) {
    fact.found = k_device;
  } else if (::access(k_device, F_OK) == 0) {
    const model::Architecture* host = model::host_architecture();
    const bool can_try = ::access(k_device, R_OK | W_OK) == 0;
    const bool has_qemu = host != nullptr && find_program_path(host->qemu.program);
    fact.absence = "not usable";
    if (!can_try) {
      fact.remedy = "let this user open it, as members of the group kvm may on most systems";
    } else if (!has_qemu) {
      fact.remedy = "whether a guest runs on it shows when QEMU is installed";
    } else {
      fact.remedy =
          "no guest runs on it as on a processor, so that emulation is quicker: where this "
          "host is a guest itself, allow nested virtualization";
    }
  }
  return fact;
}

} // namespace

std::vector<HostFact> host_facts(const model::Architecture& architecture) {
  return {
      {.name = "QEMU for " + architecture.name,
       .found = find_program_path(architecture.qemu.program),
       .remedy = process::how_to_install(architecture.qemu.program)},
      firmware_fact(architecture),
      program_fact("qemu-img"),
      program_fact("debugfs"),
      acceleration_fact(),
  };
}

} // namespace imagewright::boot
