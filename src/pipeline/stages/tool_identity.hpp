// SPDX-License-Identifier: MIT
#pragma once

// Which program this is, with all its libraries.

#include <filesystem>
#include <optional>
#include <string>

#include <imagewright/sandbox/privilege.hpp>

#include "stage_cache.hpp"

namespace imagewright::pipeline {

/// The program's version and builds, the rung of privilege, and what runs the programs of the
/// image: everything besides a stage's own inputs that a stage may depend on. Throws base::Error
/// (fs.cannot-read).
StageInputs tool_inputs(const std::string& tool_version, sandbox::Rung rung,
                        const std::optional<std::filesystem::path>& emulator,
                        const std::string& emulation);

} // namespace imagewright::pipeline
