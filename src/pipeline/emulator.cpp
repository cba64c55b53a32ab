// SPDX-License-Identifier: MIT
#include "emulator.hpp"

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/process/program.hpp>

namespace imagewright::pipeline {

std::optional<sandbox::Emulator> find_emulator(const model::Architecture& architecture) {
  const model::Architecture* host = model::host_architecture();
  if (host != nullptr && host->name == architecture.name) return std::nullopt;
  const auto program = process::find_program(architecture.emulator.program);
  if (!program) {
    throw base::Error(base::FailureKind::host, "pipeline.no-emulator",
                      fmt::format("programs of {} cannot be run here: {} is missing",
                                  architecture.name, architecture.emulator.program),
                      "install qemu-user-static, or compose on a machine of that architecture");
  }
  return sandbox::Emulator{.program = *program,
                           .magic = architecture.emulator.magic,
                           .mask = architecture.emulator.mask};
}

} // namespace imagewright::pipeline
