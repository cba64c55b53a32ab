// SPDX-License-Identifier: MIT
#pragma once

// QEMU for a machine: nothing but a processor, memory, two disks and a console.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/boot/boot_request.hpp>
#include <imagewright/machine/run_in_machine.hpp>
#include <imagewright/model/architecture.hpp>

namespace imagewright::machine {

/// The files that QEMU opens.
struct MachineFiles {
  std::filesystem::path kernel;
  std::filesystem::path initramfs;
  std::filesystem::path inputs;
  std::filesystem::path work;
};

std::vector<std::string> machine_arguments(const model::Architecture& architecture,
                                           boot::Accelerator accelerator,
                                           const MachineLimits& limits, const MachineFiles& files);

} // namespace imagewright::machine
