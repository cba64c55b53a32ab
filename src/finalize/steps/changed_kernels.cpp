// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/process/command.hpp>

#include "../boot_loaders/kernel_entries.hpp"
#include "../steps.hpp"
#include "../version_order.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const std::vector<std::string>& base_kernels;
  const std::vector<model::Nevra>& packages;
};

constexpr auto k_modules = "/usr/lib/modules";

/// Of a kernel whose package is there: what scripts left of one that went is none.
std::optional<std::string> find_image(const fs::RootDir& files, const std::string& release) {
  const std::string modules = std::string(k_modules) + "/" + release;
  for (const std::string& path :
       {"/boot/vmlinuz-" + release, modules + "/vmlinuz", "/boot/Image-" + release}) {
    const auto status = files.find_status(path);
    if (status && status->type == fs::FileType::regular) return path;
  }
  return std::nullopt;
}

void make_module_lists(root::WorkRoot& root, const std::string& release) {
  for (const char* path : {"/usr/sbin/depmod", "/sbin/depmod", "/usr/bin/depmod"}) {
    if (!root.files().exists(path)) continue;
    process::require_success(
        root.programs()->run({.argv = {"depmod", "-a", release},
                              .description = "make the module lists of kernel " + release}));
    return;
  }
}

void refuse_none_left(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  if (before.empty() || !now.empty()) return;
  throw base::Error(base::FailureKind::input, "finalize.no-kernel",
                    "the packages take away the last kernel of the base",
                    "install another kernel in the same config");
}

/// What came is given entries like those that are there, what went loses its own. The initramfs is
/// made by a later step.
StepYield change_kernels(const Input& input, root::WorkRoot& root) {
  if (input.packages.empty()) return {};
  const fs::RootDir& files = root.files();
  std::vector<std::string> before = input.base_kernels;
  std::ranges::sort(before, is_newer_version);
  std::vector<std::string> now;
  for (const std::string& release : files.list(k_modules)) {
    if (find_image(files, release)) now.push_back(release);
  }
  refuse_none_left(before, now);
  std::ranges::sort(
      now, [](const auto& left, const auto& right) { return is_newer_version(right, left); });
  StepYield yield;
  yield.kernels.emplace();
  for (const std::string& release : now) {
    if (std::ranges::find(before, release) != before.end()) continue;
    const std::string image = *find_image(files, release);
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
    k_run<change_kernels, &FinalizePlan::base_kernels, &model::InstalledRoot::packages>};

} // namespace imagewright::finalize::steps
