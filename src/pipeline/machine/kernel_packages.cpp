// SPDX-License-Identifier: MIT
#include "kernel_packages.hpp"

#include <algorithm>
#include <utility>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "pipeline/host/emulator.hpp"
#include "pipeline/host/native_packages.hpp"

namespace imagewright::pipeline {

namespace {

/// A package with a kernel is not smaller.
constexpr base::ByteSize k_smallest_kernel = base::ByteSize::mib(1);

bool may_have_kernel(const model::LockedPackage& package) {
  return package.download_size >= k_smallest_kernel;
}

install::TrustedPackages candidates(const plan::ResolvedPlan& plan,
                                    const FetchedPackages& fetched) {
  install::InstallRequest request = install_request(plan, fetched);
  std::erase_if(request.packages.files,
                [](const model::PackageFile& file) { return !may_have_kernel(file.package); });
  return {.packages = std::move(request.packages), .trust = std::move(request.trust)};
}

/// Images for containers have none.
bool has_kernel(const plan::ResolvedPlan& plan) {
  const auto role = plan.plan.release.roles.find("kernel");
  if (role == plan.plan.release.roles.end()) return true; // nobody knows: they are looked through
  const auto names = role->second.for_architecture(plan.plan.architecture.name);
  return std::ranges::any_of(plan.lock.packages, [&](const model::LockedPackage& package) {
    return std::ranges::any_of(
        names, [&](const model::LocatedText& name) { return name.text == package.nevra.name; });
  });
}

} // namespace

install::TrustedPackages kernel_packages(const plan::ResolvedPlan& plan,
                                         const BuildOptions& options,
                                         const FetchedPackages& fetched,
                                         const plan::Services& services) {
  if (!options.machine_kernel.empty()) return {};
  if (is_of_host(plan.plan.architecture) && has_kernel(plan)) return candidates(plan, fetched);
  report::StageScope stage(services.reporter, "machine-kernel", "of this host's architecture");
  install::TrustedPackages packages;
  const auto absence = find_absence([&] {
    NativePackages native(plan, options, "kernel", services);
    std::vector<model::LockedPackage> wanted = native.plan().lock.packages;
    std::erase_if(wanted, [](const auto& package) { return !may_have_kernel(package); });
    if (!wanted.empty()) packages = candidates(native.plan(), native.fetch(wanted));
  });
  if (absence) stage.set_summary("the release has none: " + *absence);
  return packages;
}

} // namespace imagewright::pipeline
