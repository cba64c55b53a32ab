// SPDX-License-Identifier: MIT
#pragma once

// What the installer is told, out of the plan and the fetched packages.

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

install::InstallRequest install_request(const plan::ResolvedPlan& plan,
                                        const FetchedPackages& fetched);
install::InstallRequest install_request(const plan::BuildPlan& plan, base::Epoch epoch,
                                        const FetchedPackages& fetched);

} // namespace imagewright::pipeline
