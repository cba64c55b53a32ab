// SPDX-License-Identifier: MIT
#include "stored_packages.hpp"

#include <algorithm>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/cache/cache.hpp>
#include <imagewright/install/package_files_reader.hpp>
#include <imagewright/plan/lock_freshness.hpp>
#include <imagewright/plan/repositories.hpp>

#include "install_request.hpp"

namespace imagewright::pipeline {

namespace {

void place(model::OsConfig& os, const model::PackageSet& packages) {
  for (model::AdditionalFile& file : os.additional_files) {
    if (!file.stored_package) continue;
    const auto found = std::ranges::find_if(packages.files, [&](const model::PackageFile& package) {
      return package.package.nevra == *file.stored_package;
    });
    IMAGEWRIGHT_ASSERT(found != packages.files.end());
    file.content = found->path;
  }
}

/// Files of a local repository may be changed before they are written into the image.
void keep_copies(model::PackageSet& packages, const std::filesystem::path& cache_directory) {
  cache::Cache cache(cache_directory);
  for (model::PackageFile& file : packages.files) {
    const auto known = cache.find(file.package.checksum);
    file.path = known ? *known : cache.put_copy(file.path, file.package.checksum);
  }
}

} // namespace

void fetch_stored_packages(plan::ResolvedPlan& plan, plan::NetworkUse network,
                           const plan::Services& services) {
  if (plan.lock.stored.empty()) return;
  plan::PlanRepositories repositories(plan.plan, network, services);
  model::ArchitectureLock stored = plan.lock;
  stored.packages = plan::packages_of(plan.lock.stored);
  FetchedPackages fetched;
  fetched.keys = repositories.set().load_keys(&stored);
  fetched.packages = repositories.set().download(stored);
  keep_copies(fetched.packages, services.cache_directory);
  // Nobody installs them here, so nobody would see later who signed them.
  install::InstallRequest request = install_request(plan, fetched);
  install::read_packaged_files(
      install::TrustedPackages{std::move(request.packages), std::move(request.trust)}, {},
      services.cancellation);
  place(plan.plan.config.os, fetched.packages);
  plan.finalize.os.additional_files = plan.plan.config.os.additional_files;
}

} // namespace imagewright::pipeline
