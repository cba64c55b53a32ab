// SPDX-License-Identifier: MIT
#pragma once

// Where the packages of a plan come from.

#include <filesystem>
#include <optional>
#include <string>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/plan/build_plan.hpp>

namespace imagewright::plan {

/// Whether the config or the command line says which release is meant.
bool names_release(const model::ImageConfig& config, const PlanOptions& options);

/// The profile of a release's name, in the directories beside and above the config and of the
/// options.
std::optional<std::filesystem::path> find_known_release(const std::string& name,
                                                        const model::ImageConfig& config,
                                                        const PlanOptions& options);

/// Release profile, repositories and places of keys, for the plan's architecture. A config with
/// repositories of its own needs no release. Throws base::InputError (pipeline.no-release, …).
void add_package_sources(BuildPlan& plan, const PlanOptions& options, base::Diagnostics& mistakes);

} // namespace imagewright::plan
