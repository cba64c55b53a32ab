// SPDX-License-Identifier: MIT
#pragma once

// The packages of a lock become a root, and the root becomes bootable.

#include <filesystem>

#include <imagewright/finalize/finalize.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/plan/repositories.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/tree/root_tree.hpp>

#include "install_request.hpp"
#include "stages/root_stage.hpp"
#include "stages/stage_cache.hpp"

namespace imagewright::pipeline {

/// A root that nothing changes any more, with what is in it.
struct SealedTree {
  model::SealedRoot root;
  tree::RootTree tree; ///< labelled, with a note of where words are still to come
};

/// The packages of a lock, and whose signatures count for them.
class PackageSource {
public:
  /// Loads the keys. All are borrowed.
  PackageSource(const plan::ResolvedPlan& plan, plan::NetworkUse network,
                const plan::Services& services);

  /// Everything that the installed root depends on besides the tool.
  StageInputs inputs() const;
  /// Of the repositories, as the lock knows them.
  const std::vector<repo::RepositoryKeys>& keys() const { return fetched_.keys; }
  /// Fetches the packages, for a root that is a directory of this host. Throws base::Error
  /// (install.disk-full) before that where there is no room for what they unpack to.
  const FetchedPackages& fetch(const std::filesystem::path& root);

private:
  const plan::ResolvedPlan& plan_;
  const plan::Services& services_;
  plan::PlanRepositories repositories_;
  FetchedPackages fetched_;
};

/// Installs packages into the root, and notes what they brought.
model::InstalledRoot install_root(root::WorkRoot& root, const plan::ResolvedPlan& plan,
                                  const FetchedPackages& fetched, const plan::Services& services,
                                  report::Reporter& reporter);

/// Fetches the packages and installs them into the root, unless an earlier build has done that.
/// `inputs` are all that the root depends on.
MadeRoot make_root(root::WorkRoot& root, const plan::ResolvedPlan& plan, PackageSource& packages,
                   const StageInputs& inputs, StageCache& cache, const plan::Services& services);

/// The files that are still there, by the paths that they have in the tree.
std::vector<std::string> real_paths(const fs::RootDir& files,
                                    const std::vector<std::string>& paths);

/// Finalizes the root and reads it.
SealedTree seal(root::WorkRoot& root, const model::InstalledRoot& installed,
                const finalize::FinalizePlan& plan, const finalize::FinalizeServices& services);

} // namespace imagewright::pipeline
