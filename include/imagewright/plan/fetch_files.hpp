// SPDX-License-Identifier: MIT
#pragma once

// The files and images of a config that come from servers.

#include <string>
#include <vector>

#include <imagewright/model/os_config.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::plan {

/// Fetches every file that has an address, checks it against its digest, and says in its `content`
/// where it is. Throws as repo::load_remote_files() does.
void fetch_remote_files(model::OsConfig& os, NetworkUse network, const Services& services);

/// The same for all that a resolved plan has of the config, and for the images of containers that
/// registries have.
void fetch_remote_files(ResolvedPlan& plan, NetworkUse network, const Services& services);

/// Where the files and images are that were fetched, in the order in which the config names them.
std::vector<std::string> fetched_places(const model::OsConfig& os);

/// Says of a config that was read elsewhere where its files are.
void place_remote_files(model::OsConfig& os, const std::vector<std::string>& places);

/// The same for all that a resolved plan has of the config.
void place_remote_files(ResolvedPlan& plan, const std::vector<std::string>& places);

} // namespace imagewright::plan
