// SPDX-License-Identifier: MIT
#pragma once

// Where configs and profiles are looked for by name.

#include <filesystem>
#include <vector>

#include <imagewright/model/image_config.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

/// The `releases` directories beside and above the config, nearest first, and those of the options.
std::vector<std::filesystem::path> release_directories(const model::ImageConfig& config,
                                                       const PlanOptions& options);

/// The directories of roles that come with the release profiles; those beside and above a config
/// are looked at first.
std::vector<std::filesystem::path> role_directories(const PlanOptions& options);

} // namespace imagewright::plan
