// SPDX-License-Identifier: MIT
#pragma once

// UEFI for the virtual machine.

#include <filesystem>
#include <optional>

#include <imagewright/boot/boot_request.hpp>

namespace imagewright::boot {

/// The first pair of which both files exist on this host.
std::optional<model::QemuMachine::Firmware> find_firmware(const model::Architecture& architecture);

/// The same, but absence throws base::Error (boot.firmware-missing).
model::QemuMachine::Firmware require_firmware(const model::Architecture& architecture);

/// The host's firmware with a private copy of its variables in `directory`; nothing for legacy
/// BIOS. Throws base::Error (boot.firmware-missing), also when the architecture has no legacy BIOS.
std::optional<model::QemuMachine::Firmware>
prepare_firmware(const BootRequest& request, const std::filesystem::path& directory);

} // namespace imagewright::boot
