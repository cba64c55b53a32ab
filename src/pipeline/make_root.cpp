// SPDX-License-Identifier: MIT
#include "make_root.hpp"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/install/install.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/tree/file_contexts.hpp>
#include <imagewright/tree/label.hpp>
#include <imagewright/tree/late_text.hpp>
#include <imagewright/tree/scan.hpp>

namespace imagewright::pipeline {

namespace {

/// librpm would tell of it late, package by package, and of a "/" that nobody knows.
void require_room(const plan::ResolvedPlan& plan, const std::filesystem::path& root) {
  // What is left out of packages is known to librpm alone.
  const auto& wishes = plan.plan.config.os.packages;
  if (wishes.documentation != model::Inclusion::included || wishes.languages) return;
  base::ByteSize needed;
  for (const model::LockedPackage& package : plan.lock.packages)
    needed = needed + package.installed_size;
  std::error_code unknown; // then it shows when it is full
  const std::filesystem::space_info space = std::filesystem::space(root, unknown);
  if (unknown || space.available >= needed.bytes()) return;
  // The directory that somebody chose, and not ours in it.
  std::filesystem::path shown = root;
  while (shown.string().find("/.imagewright-") != std::string::npos)
    shown = shown.parent_path();
  throw base::Error(base::FailureKind::build, "install.disk-full",
                    fmt::format("the packages unpack to {}, and there is room for {} in {}",
                                base::to_string(needed),
                                base::to_string(base::ByteSize(space.available)),
                                base::quoted(shown.string())),
                    "make room there, or choose another directory with --output-dir");
}

/// A package that the config asks for by its name fails at that line.
base::Error placed(const base::Error& error, const plan::ResolvedPlan& plan) {
  base::Diagnostic diagnostic = error.diagnostic();
  for (const model::PackageRequest& wish : plan.plan.config.os.packages.install) {
    const std::string named = "of the package " + base::quoted(wish.spec) + " ";
    if (diagnostic.where || diagnostic.message.find(named) == std::string::npos) continue;
    if (!wish.where.file.empty()) diagnostic.where = wish.where;
  }
  return {error.kind(), std::move(diagnostic)};
}

} // namespace

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

const FetchedPackages& PackageSource::fetch(const std::filesystem::path& root) {
  require_room(plan_, root);
  fetched_.packages = repositories_.set().download(plan_.lock);
  return fetched_;
}

model::InstalledRoot install_root(root::WorkRoot& root, const plan::ResolvedPlan& plan,
                                  const FetchedPackages& fetched, const plan::Services& services,
                                  report::Reporter& reporter) {
  install::InstallRequest request = install_request(plan, fetched);
  request.thread_count = services.thread_count;
  try {
    return install::install_packages(root, request, services.cancellation, reporter);
  } catch (const base::Error& error) {
    if (error.diagnostic().code != "install.scriptlet-failed") throw;
    throw placed(error, plan);
  }
}

MadeRoot make_root(root::WorkRoot& root, const plan::ResolvedPlan& plan, PackageSource& packages,
                   const StageInputs& inputs, StageCache& cache, const plan::Services& services) {
  MadeRoot made = obtain_root(root, inputs, cache, services, [&](report::Reporter& reporter) {
    return install_root(root, plan, packages.fetch(root.options().directory), services, reporter);
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
