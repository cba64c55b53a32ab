// SPDX-License-Identifier: MIT
#pragma once

// The packages of a lock become a root, and the root becomes bootable.

#include <filesystem>

#include <imagewright/finalize/finalize.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "install_request.hpp"

namespace imagewright::pipeline {

/// A root that nothing changes any more, with what is in it.
struct SealedTree {
  model::SealedRoot root;
  tree::RootTree tree; ///< labelled, with a note of where words are still to come
};

FetchedPackages fetch_packages(const plan::ResolvedPlan& plan, plan::NetworkUse network,
                               const plan::Services& services);

/// Installs the packages into the root.
model::InstalledRoot make_root(root::WorkRoot& root, const plan::ResolvedPlan& plan,
                               const FetchedPackages& fetched, const plan::Services& services);

/// Finalizes the root and reads it.
SealedTree seal(root::WorkRoot& root, const model::InstalledRoot& installed,
                const finalize::FinalizePlan& plan, const finalize::FinalizeServices& services);

} // namespace imagewright::pipeline
