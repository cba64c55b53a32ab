// SPDX-License-Identifier: MIT
#include "kernel_packages.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/plan/customize_plan.hpp>
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

/// What may have a kernel among packages of this host's architecture that others than the image
/// bring along.
install::TrustedPackages native_kernels(const std::function<NativePackages()>& open,
                                        report::Reporter& reporter) {
  report::StageScope stage(reporter, "machine-kernel", "of this host's architecture");
  install::TrustedPackages packages;
  const auto absence = find_absence([&] {
    NativePackages native = open();
    std::vector<model::LockedPackage> wanted = native.plan().lock.packages;
    std::erase_if(wanted, [](const auto& package) { return !may_have_kernel(package); });
    if (!wanted.empty()) packages = candidates(native.plan(), native.fetch(wanted));
  });
  if (absence) stage.set_summary("the release has none: " + *absence);
  return packages;
}

} // namespace

install::TrustedPackages kernel_packages(const plan::ResolvedPlan& plan,
                                         const BuildOptions& options,
                                         const FetchedPackages& fetched,
                                         const plan::Services& services) {
  if (!options.machine_kernel.empty()) return {};
  if (is_of_host(plan.plan.architecture) && has_kernel(plan)) return candidates(plan, fetched);
  return native_kernels([&] { return NativePackages(plan, options, "kernel", services); },
                        services.reporter);
}

install::TrustedPackages kernel_packages(const Customizing& customizing,
                                         const CustomizeOptions& options,
                                         const plan::Services& services) {
  const model::Architecture* host = model::host_architecture();
  if (!options.machine_kernel.empty() || host == nullptr ||
      is_of_host(customizing.base->architecture()))
    return {};
  auto sources =
      plan::sources_of_release(customizing.plan, options.plan, customizing.base->release(), *host);
  if (!sources) return {};
  return native_kernels(
      [&] {
        return NativePackages(*std::move(sources), "kernel", customizing.root.epoch,
                              options.network, services);
      },
      services.reporter);
}

} // namespace imagewright::pipeline
