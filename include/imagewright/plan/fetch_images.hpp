// SPDX-License-Identifier: MIT
#pragma once

// Images of containers that registries have.

#include <filesystem>

#include <imagewright/model/os_config.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::plan {

/// Completes what a plan knows of its images: what its lock does not have, registries are asked
/// for, without their layers. Throws base::InputError (container.…) with every mistake, and as
/// repo::write_registry_layout() does.
void identify_container_images(BuildPlan& plan, NetworkUse network, const Services& services);

/// Fetches the images of an architecture into layouts below an empty directory, and says in each
/// one's `path` where it is. Throws as repo::write_registry_layout() does.
void fetch_container_images(model::OsConfig& os, const model::Architecture& architecture,
                            const std::filesystem::path& directory, NetworkUse network,
                            const Services& services);

} // namespace imagewright::plan
