// SPDX-License-Identifier: MIT
#pragma once

// What runs the programs of an image whose architecture is not the host's.

#include <optional>

#include <imagewright/model/architecture.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright::pipeline {

/// Nothing when the host runs them itself. Throws base::Error (pipeline.no-emulator) when this host
/// lacks the program.
std::optional<sandbox::Emulator> find_emulator(const model::Architecture& architecture);

} // namespace imagewright::pipeline
