// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <string>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/process/command.hpp>

#include "../boot_paths.hpp"
#include "../steps.hpp"
#include "../version_order.hpp"

namespace imagewright::finalize::steps {
namespace {

constexpr auto k_modules = "/usr/lib/modules";

std::optional<std::string> find_image(const fs::RootDir& root, const std::string& release) {
  const auto modules = std::string(k_modules) + "/" + release;
  for (const auto& path :
       {"/boot/vmlinuz-" + release, modules + "/vmlinuz", "/boot/vmlinux-" + release,
        "/boot/Image-" + release, modules + "/Image"}) {
    if (root.exists(path)) return path;
  }
  return std::nullopt;
}

/// The dependency lists that modprobe and dracut read; most kernel packages make them in a
/// scriptlet.
void ensure_module_lists(const Context& context, const std::string& release) {
  if (context.root.exists(std::string(k_modules) + "/" + release + "/modules.dep")) return;
  process::require_success(
      context.services.programs.run({.argv = {"depmod", "-a", release},
                                     .description = "make the module lists of kernel " + release}));
}

void require_companions(const Context& context, const std::string& image) {
  constexpr std::string_view k_placeholder = "@image@";
  const auto slash = image.rfind('/') + 1;
  for (const auto& companion : context.plan.policy.kernel_companions) {
    auto name = companion.name;
    if (const auto at = name.find(k_placeholder); at != std::string::npos)
      name.replace(at, k_placeholder.size(), image.substr(slash));
    const auto path = image.substr(0, slash) + name;
    if (context.root.exists(path)) continue;
    throw base::Error(base::FailureKind::build, "finalize.missing-kernel-file",
                      "the image has no " + base::quoted(path) + ", without which " +
                          companion.origin + " would keep the kernel from booting",
                      "install a kernel that brings it, or remove " + companion.origin);
  }
}

} // namespace

void kernels(const Context& context) {
  auto& kernels = context.sealed.kernels;
  for (const auto& release : context.root.list(k_modules)) {
    // A directory without a kernel is what packages of extra modules leave.
    const auto image = find_image(context.root, release);
    if (!image) continue;
    ensure_module_lists(context, release);
    require_companions(context, *image);
    kernels.push_back(
        {.release = release, .image = *image, .initramfs = initramfs_path(context, release)});
  }
  std::ranges::sort(kernels, is_newer_version, &model::InstalledKernel::release);
  if (kernels.empty() && context.plan.boot_loader.kind != BootLoaderKind::none) {
    throw base::Error(
        base::FailureKind::build, "finalize.no-kernel",
        "the image has no kernel: no directory under /usr/lib/modules has one in /boot",
        "install the kernel's package, or give the release profile its role \"kernel\"");
  }
}

} // namespace imagewright::finalize::steps
