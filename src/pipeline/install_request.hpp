// SPDX-License-Identifier: MIT
#pragma once

// What the installer is told, out of the plan and the fetched packages.

#include <filesystem>
#include <vector>

#include <imagewright/install/install.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/repo/repository_set.hpp>

namespace imagewright::pipeline {

/// Package files and the keys of the repositories that they come from.
struct FetchedPackages {
  model::PackageSet packages;
  std::vector<repo::RepositoryKeys> keys;
};

/// Without an emulator, and without a record of metadata.
install::InstallRequest install_request(const plan::ResolvedPlan& plan,
                                        const FetchedPackages& fetched,
                                        const std::filesystem::path& root);

} // namespace imagewright::pipeline
