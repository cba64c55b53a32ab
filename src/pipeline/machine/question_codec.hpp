// SPDX-License-Identifier: MIT
#pragma once

// What every question to a machine has, as bytes.

#include <optional>

#include <imagewright/plan/build_plan.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/emulation.hpp>

#include "pipeline/install_request.hpp"

namespace imagewright::pipeline {

void write(sandbox::ByteWriter& writer, const plan::PlanOptions& options);
plan::PlanOptions read_plan_options(sandbox::ByteReader& reader);

/// Packages are those of a lock; of their files only the places have to be told.
void write(sandbox::ByteWriter& writer, const FetchedPackages& fetched);
FetchedPackages read_fetched(sandbox::ByteReader& reader, const model::ArchitectureLock& lock);

/// Without its directory, which is chosen inside.
void write(sandbox::ByteWriter& writer, const std::optional<sandbox::Emulator>& emulator);
std::optional<sandbox::Emulator> read_emulator(sandbox::ByteReader& reader);

} // namespace imagewright::pipeline
