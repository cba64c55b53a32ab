// SPDX-License-Identifier: MIT
#pragma once

// What a plan says of its unit.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/epoch.hpp>
#include <imagewright/fleet/unit.hpp>
#include <imagewright/model/lock.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::fleet {

/// Reads every file that the config names. Throws base::Error (fs.cannot-read).
UnitInputs inputs_of(const plan::BuildPlan& plan, const plan::PlanOptions& options,
                     const model::ArchitectureLock& lock, std::optional<base::Epoch> epoch,
                     const std::string& tool_version);

/// Names of the images, sorted.
std::vector<std::string> outputs_of(const plan::BuildPlan& plan);

/// From the sizes of packages and disk, and from the report of an earlier build where it is there.
UnitNeeds needs_of(const plan::BuildPlan& plan, const model::ArchitectureLock& lock,
                   const std::vector<std::string>& native_architectures,
                   const std::filesystem::path& earlier_report);

} // namespace imagewright::fleet
