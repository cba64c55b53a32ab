// SPDX-License-Identifier: MIT
#include "boot/firmware.hpp"

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/boot/host_facts.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/process/host_packages.hpp>

namespace imagewright::boot {

namespace {

[[noreturn]] void throw_missing(const model::Architecture& architecture) {
  std::vector<std::string> candidates;
  for (const auto& firmware : architecture.qemu.firmware)
    candidates.push_back(firmware.code);
  throw base::Error(base::FailureKind::host, "boot.firmware-missing",
                    "no UEFI firmware for " + architecture.name + " on this host; looked for " +
                        base::join(candidates, ", "),
                    process::how_to_install("UEFI firmware for " + architecture.name));
}

} // namespace

std::optional<model::QemuMachine::Firmware> find_firmware(const model::Architecture& architecture) {
  for (const auto& firmware : architecture.qemu.firmware) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(firmware.code, ignored) &&
        std::filesystem::is_regular_file(firmware.variables, ignored)) {
      return firmware;
    }
  }
  return std::nullopt;
}

model::QemuMachine::Firmware require_firmware(const model::Architecture& architecture) {
  auto firmware = find_firmware(architecture);
  if (!firmware) throw_missing(architecture);
  return *firmware;
}

std::filesystem::path firmware_variables(const model::Architecture& architecture) {
  return require_firmware(architecture).variables;
}

std::optional<model::QemuMachine::Firmware>
prepare_firmware(const BootRequest& request, const std::filesystem::path& directory) {
  const model::Architecture& architecture = request.architecture;
  if (request.firmware == Firmware::legacy_bios) {
    if (architecture.can_boot_legacy_bios) return std::nullopt;
    throw base::Error(base::FailureKind::host, "boot.firmware-missing",
                      "there is no legacy BIOS for " + architecture.name, "boot it with UEFI");
  }
  model::QemuMachine::Firmware firmware = require_firmware(architecture);
  // The guest writes its boot variables; neither the host's file nor another boot may see them.
  const auto variables = directory / "uefi-variables.fd";
  fs::write_file_atomically(variables, fs::read_file(firmware.variables));
  firmware.variables = variables.string();
  return firmware;
}

} // namespace imagewright::boot
