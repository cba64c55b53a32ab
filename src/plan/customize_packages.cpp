// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/lock/freshness.hpp>
#include <imagewright/plan/customize_packages.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/resolve/change.hpp>

#include "resolver_question.hpp"

namespace imagewright::plan {

namespace {

/// "6.6.1" of "/usr/lib/modules/6.6.1/modules.order" and the like: every kernel has that file.
bool is_kernel(const model::InstalledPackage& package) {
  return std::ranges::any_of(package.files, [](const std::string& file) {
    return file.starts_with("/boot/vmlinuz-") || file.ends_with("/modules.order") ||
           (file.starts_with("/usr/lib/modules/") && file.ends_with("/vmlinuz"));
  });
}

/// "Must not be in the image" holds for what is there already, too.
void refuse_excluded(const model::ImageConfig& config,
                     const std::vector<model::InstalledPackage>& kept) {
  base::Diagnostics mistakes;
  for (const model::LocatedText& exclude : config.os.packages.exclude) {
    for (const model::InstalledPackage& package : kept) {
      if (!base::matches_glob(package.nevra.name, exclude.text)) continue;
      mistakes.error("customize.excluded-package",
                     fmt::format("{} must not be in the image, and the base has it",
                                 package.nevra.to_string()),
                     exclude.where, "add it to os.packages.remove");
    }
  }
  if (mistakes.has_errors()) throw base::InputError(std::move(mistakes));
}

resolve::ChangeRequest question_for(const BuildPlan& plan, resolve::ResolveRequest question) {
  const model::PackagesConfig& packages = plan.config.os.packages;
  question.packages = packages.install;
  for (const model::LocatedText& exclude : packages.exclude)
    question.excludes.push_back({exclude.text, exclude.where});
  return {.question = std::move(question),
          .installed = {},
          .removed = packages.remove,
          .update_all = packages.update_existing,
          .updated = packages.update,
          .several_versions = {}};
}

} // namespace

bool asks_for_packages(const model::ImageConfig& config) {
  const model::PackagesConfig& packages = config.os.packages;
  return !packages.install.empty() || !packages.remove.empty() || !packages.update.empty() ||
         !packages.exclude.empty() || packages.update_existing.has_value() ||
         packages.remove_package_manager.has_value();
}

std::vector<std::string> actions_of(const CustomizedPackages& packages) {
  std::vector<std::string> actions;
  const auto& come = packages.lock.packages;
  for (const model::InstalledPackage& package : packages.erased) {
    const auto by_name = [](const model::LockedPackage& each) { return each.nevra.name; };
    if (std::ranges::find(come, package.nevra.name, by_name) == come.end())
      actions.push_back("remove the package " + package.nevra.to_string());
  }
  for (const model::LockedPackage& package : come) {
    const auto old =
        std::ranges::find(packages.erased, package.nevra.name,
                          [](const model::InstalledPackage& each) { return each.nevra.name; });
    actions.push_back(old == packages.erased.end()
                          ? "install the package " + package.nevra.to_string()
                          : fmt::format("change the package {} to {}", old->nevra.to_string(),
                                        package.nevra.evr()));
  }
  if (!actions.empty())
    actions.push_back(fmt::format("keep {} packages as they are", packages.kept.size()));
  return actions;
}

CustomizedPackages resolve_packages(const CustomizePlan& plan,
                                    std::vector<model::InstalledPackage> installed,
                                    NetworkUse network, const Services& services) {
  const BuildPlan& build = plan.plan;
  CustomizedPackages packages;
  packages.repositories = std::make_unique<PlanRepositories>(build, network, services);
  const report::StageScope stage(services.reporter, "resolve");
  const std::vector<model::RepositorySnapshot> snapshots =
      packages.repositories->set().load_snapshots();
  resolve::ChangeRequest request =
      question_for(build, resolver_question(build, packages.repositories->set(), snapshots,
                                            services.cache_directory));
  for (const model::InstalledPackage& package : installed) {
    if (is_kernel(package)) request.several_versions.push_back(package.nevra.name);
  }
  request.installed = std::move(installed);
  auto change = require_answer<resolve::PackageChange>(
      resolve::resolve_change(request, services.cancellation));
  packages.lock.architecture = build.architecture.name;
  packages.lock.packages = std::move(change.installed);
  packages.lock.repositories = lock::locked_repositories(snapshots);
  packages.reasons = std::move(change.reasons);
  for (std::size_t index = 0; index < request.installed.size(); ++index) {
    const bool goes = std::ranges::binary_search(change.erased, index);
    (goes ? packages.erased : packages.kept).push_back(std::move(request.installed[index]));
  }
  refuse_excluded(build.config, packages.kept);
  return packages;
}

CustomizedPackages locked_packages(const CustomizePlan& plan,
                                   std::vector<model::InstalledPackage> installed,
                                   const lock::BaseLock& lock, NetworkUse network,
                                   const Services& services) {
  CustomizedPackages packages;
  packages.repositories = std::make_unique<PlanRepositories>(plan.plan, network, services);
  packages.lock = lock.packages;
  const auto& erased = lock.base.erased;
  std::vector<std::string> kept;
  for (model::InstalledPackage& package : installed) {
    const std::string name = package.nevra.to_string();
    if (std::ranges::find(erased, name) != erased.end()) {
      packages.erased.push_back(std::move(package));
      continue;
    }
    kept.push_back(name);
    packages.kept.push_back(std::move(package));
  }
  std::ranges::sort(kept);
  if (kept != lock.base.kept || packages.erased.size() != erased.size()) {
    throw base::Error(base::FailureKind::input, "lock.damaged",
                      "the lock names other packages of the base than the base has",
                      "restore the file from version control, or remove it and run "
                      "\"imagewright lock --image BASE\"");
  }
  refuse_excluded(plan.plan.config, packages.kept);
  return packages;
}

} // namespace imagewright::plan
