// SPDX-License-Identifier: MIT
#include "tool_identity.hpp"

#include <imagewright/fs/file.hpp>
#include <imagewright/sandbox/program_build.hpp>

namespace imagewright::pipeline {

StageInputs tool_inputs(const std::string& tool_version, sandbox::Rung rung,
                        const std::optional<std::filesystem::path>& emulator,
                        const std::string& emulation) {
  StageInputs inputs{{"version of Imagewright", tool_version},
                     {"build of Imagewright", sandbox::program_build()},
                     {"rung of privilege", std::string(sandbox::row_of(rung).name)},
                     {"emulation", emulation}};
  if (emulator) inputs["emulator"] = fs::digest_of_file(*emulator).hex;
  return inputs;
}

} // namespace imagewright::pipeline
