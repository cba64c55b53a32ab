// SPDX-License-Identifier: MIT
#include "make_root.hpp"

#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>

#include <imagewright/install/install.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/tree/file_contexts.hpp>
#include <imagewright/tree/label.hpp>
#include <imagewright/tree/late_text.hpp>
#include <imagewright/tree/scan.hpp>

namespace imagewright::pipeline {

std::vector<std::string> real_paths(const fs::RootDir& files,
                                    const std::vector<std::string>& paths) {
  std::vector<std::string> real;
  for (const std::string& path : paths) {
    // The last scripts may have removed it.
    if (files.exists(path)) real.push_back(files.real_path(files.open(path, O_PATH)));
  }
  return real;
}

PackageSource::PackageSource(const plan::ResolvedPlan& plan, plan::NetworkUse network,
                             const plan::Services& services)
    : plan_(plan), services_(services), repositories_(plan.plan, network, services) {
  fetched_.keys = repositories_.set().load_keys(&plan.lock);
}

StageInputs PackageSource::inputs() const {
  FetchedPackages wanted = fetched_;
  for (const model::LockedPackage& package : plan_.lock.packages)
    wanted.packages.files.push_back({package, {}});
  StageInputs inputs = install::inputs_of(install_request(plan_, wanted));
  inputs["architecture"] = plan_.plan.architecture.name;
  return inputs;
}

const FetchedPackages& PackageSource::fetch() {
  fetched_.packages = repositories_.set().download(plan_.lock);
  return fetched_;
}

model::InstalledRoot install_root(root::WorkRoot& root, const plan::ResolvedPlan& plan,
                                  const FetchedPackages& fetched, const plan::Services& services,
                                  report::Reporter& reporter) {
  install::InstallRequest request = install_request(plan, fetched);
  request.thread_count = services.thread_count;
  return install::install_packages(root, request, services.cancellation, reporter);
}

MadeRoot make_root(root::WorkRoot& root, const plan::ResolvedPlan& plan, PackageSource& packages,
                   const StageInputs& inputs, StageCache& cache, const plan::Services& services) {
  MadeRoot made = obtain_root(root, inputs, cache, services, [&](report::Reporter& reporter) {
    return install_root(root, plan, packages.fetch(), services, reporter);
  });
  made.installed.packaged = finalize::packaged_places(root.files());
  made.known.settle();
  return made;
}

SealedTree seal(root::WorkRoot& root, const model::InstalledRoot& installed,
                const finalize::FinalizePlan& plan, const finalize::FinalizeServices& services) {
  model::SealedRoot sealed = finalize::finalize(root, installed, plan, services);
  const report::StageScope stage(services.reporter, "tree");
  tree::RootTree tree = tree::scan(root, services.cancellation);
  if (const auto contexts = tree::find_file_contexts(root.files(), plan.policy.file_labels))
    tree = tree::label(std::move(tree), root.files(), *contexts, services.cancellation);
  tree =
      tree::with_late_places(std::move(tree), real_paths(root.files(), sealed.command_line_files),
                             model::root_hash_placeholders(plan.layout));
  return {std::move(sealed), std::move(tree)};
}

} // namespace imagewright::pipeline
