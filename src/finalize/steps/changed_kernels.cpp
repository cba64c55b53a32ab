// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>

#include "../boot_loaders/kernel_entries.hpp"
#include "../kernel_files.hpp"
#include "../steps.hpp"
#include "../version_order.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const std::vector<std::string>& base_kernels;
  const InitramfsUse& initramfs_use;
  const std::vector<model::KernelCompanion>& companions;
  const std::vector<model::Nevra>& packages;
};

void refuse_none_left(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  if (before.empty() || !now.empty()) return;
  throw base::Error(base::FailureKind::input, "finalize.no-kernel",
                    "the packages take away the last kernel of the base",
                    "install another kernel in the same config");
}

/// The initramfs of a kernel that stays, by every name that entries have for it.
void add_kept(const Input& input, const fs::RootDir& files, const std::string& release,
              std::vector<model::InstalledKernel>& kernels) {
  const std::string image = *find_kernel_image(files, release);
  require_companions(input.companions, files, image);
  for (std::string& initramfs : boot_loaders::initramfs_of(files, release))
    kernels.push_back({.release = release, .image = image, .initramfs = std::move(initramfs)});
}

/// What came is given entries like those that are there, what went loses its own. The initramfs is
/// made by a later step.
StepYield change_kernels(const Input& input, root::WorkRoot& root) {
  const bool takes_every = input.initramfs_use == InitramfsUse::for_every_kernel;
  if (input.packages.empty() && !takes_every) return {};
  const fs::RootDir& files = root.files();
  std::vector<std::string> before = input.base_kernels;
  std::ranges::sort(before, is_newer_version);
  std::vector<std::string> now;
  for (const std::string& release : files.list(k_kernel_modules)) {
    if (find_kernel_image(files, release)) now.push_back(release);
  }
  refuse_none_left(before, now);
  std::ranges::sort(
      now, [](const auto& left, const auto& right) { return is_newer_version(right, left); });
  StepYield yield;
  yield.kernels.emplace();
  for (const std::string& release : now) {
    if (std::ranges::find(before, release) != before.end()) {
      if (takes_every) add_kept(input, files, release, *yield.kernels);
      continue;
    }
    const std::string image = *find_kernel_image(files, release);
    require_companions(input.companions, files, image);
    make_module_lists(root, release);
    for (std::string& initramfs : boot_loaders::add_kernel(files, release, image, before))
      yield.kernels->push_back(
          {.release = release, .image = image, .initramfs = std::move(initramfs)});
  }
  for (const std::string& release : before) {
    if (std::ranges::find(now, release) == now.end()) boot_loaders::remove_kernel(files, release);
  }
  return yield;
}

} // namespace

constinit const Step changed_kernels{
    "changed-kernels", AppliesTo::customized,
    k_run<change_kernels, &FinalizePlan::base_kernels, &FinalizePlan::initramfs_use,
          &model::SystemPolicy::kernel_companions, &model::InstalledRoot::packages>};

} // namespace imagewright::finalize::steps
