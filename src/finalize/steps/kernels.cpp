// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/version_series.hpp>

#include "../boot_loaders/packaged_kernels.hpp"
#include "../boot_paths.hpp"
#include "../kernel_files.hpp"
#include "../steps.hpp"
#include "../version_order.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<model::KernelCompanion>& companions;
  const model::DefaultKernel& default_kernel;
  const BootLoader& boot_loader;
  const std::vector<model::KernelPackage>& kernel_packages;
  const std::vector<model::Nevra>& packages;
};

using Kernels = std::vector<model::InstalledKernel>;

std::string names_of(const Kernels& kernels) {
  std::vector<std::string> names;
  for (const auto& kernel : kernels)
    names.push_back(kernel.release);
  return base::join(names, ", ");
}

/// Does a package specification ("kernel", "kernel-6.6.1", "kernel=6.6.1") mean the package of that
/// name?
bool means(std::string_view specification, std::string_view name) {
  if (!specification.starts_with(name)) return false;
  const auto rest = specification.substr(name.size());
  if (rest.size() > 1 && rest[0] == '-') return rest[1] >= '0' && rest[1] <= '9';
  return rest.empty() || rest.find_first_of(" <=>.") == 0;
}

void put_series_first(const std::string& series, Kernels& kernels) {
  std::stable_partition(kernels.begin(), kernels.end(), [&](const model::InstalledKernel& kernel) {
    return series.empty() || base::is_in_series(kernel.release, series);
  });
}

/// The kernels that the policy prefers before the others.
Kernels with_default_first(const Input& input, Kernels kernels) {
  const auto& wanted = input.default_kernel;
  put_series_first(wanted.series, kernels);
  if (wanted.package.empty() || kernels.empty()) return kernels;
  const auto is_of_package = [&](const model::InstalledKernel& kernel) {
    return std::ranges::any_of(input.kernel_packages, [&](const auto& known) {
      return known.release == kernel.release && means(wanted.package, known.package);
    });
  };
  if (std::stable_partition(kernels.begin(), kernels.end(), is_of_package) != kernels.begin())
    return kernels;
  // A capability or a path: whichever package it meant, nothing says which kernel it wanted.
  if (std::ranges::none_of(input.packages, [&](const model::Nevra& package) {
        return means(wanted.package, package.name);
      }))
    return kernels;
  throw base::Error(base::FailureKind::build, "finalize.no-chosen-kernel",
                    "none of the image's kernels (" + names_of(kernels) + ") comes from package " +
                        base::quoted(wanted.package) + ", which os.kernel.package names",
                    "name the package of a kernel, or one that requires it");
}

/// Kernels that packages bring as unified images.
StepYield find_packaged(const Input& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  std::vector<boot_loaders::PackagedKernel> packaged = boot_loaders::place_packaged_kernels(files);
  StepYield yield{.kernels = Kernels()};
  for (const auto& kernel : packaged) {
    if (files.exists(std::string(k_kernel_modules) + "/" + kernel.release + "/kernel"))
      make_module_lists(root, kernel.release);
    yield.kernels->push_back(
        {.release = kernel.release, .image = kernel.path, .initramfs = kernel.path});
  }
  std::ranges::sort(*yield.kernels, is_newer_version, &model::InstalledKernel::release);
  put_series_first(input.default_kernel.series, *yield.kernels);
  const std::string& first = yield.kernels->front().image;
  yield.command_line =
      std::ranges::find(packaged, first, &boot_loaders::PackagedKernel::path)->command_line;
  return yield;
}

StepYield find_kernels(const Input& input, root::WorkRoot& root) {
  if (input.boot_loader.kernels == KernelForm::packaged) return find_packaged(input, root);
  Kernels kernels;
  const fs::RootDir& files = root.files();
  for (const auto& release : files.list(k_kernel_modules)) {
    // A directory without a kernel is what packages of extra modules leave.
    const auto image = find_kernel_image(files, release);
    if (!image) continue;
    make_module_lists(root, release);
    require_companions(input.companions, files, *image);
    kernels.push_back({.release = release,
                       .image = *image,
                       .initramfs = initramfs_path(files, input.boot_loader, release)});
  }
  std::ranges::sort(kernels, is_newer_version, &model::InstalledKernel::release);
  kernels = with_default_first(input, std::move(kernels));
  if (kernels.empty() && input.boot_loader.kind != BootLoaderKind::none) {
    throw base::Error(
        base::FailureKind::build, "finalize.no-kernel",
        "the image has no kernel: no directory under /usr/lib/modules has one in /boot",
        "install the kernel's package, or give the release profile its role \"kernel\"");
  }
  return {.kernels = std::move(kernels)};
}

} // namespace

constinit const Step kernels{
    "kernels", AppliesTo::both,
    k_run<find_kernels, &model::SystemPolicy::kernel_companions,
          &model::SystemPolicy::default_kernel, &FinalizePlan::boot_loader,
          &model::InstalledRoot::kernel_packages, &model::InstalledRoot::packages>};

} // namespace imagewright::finalize::steps
