// SPDX-License-Identifier: MIT
#include "kernel_files.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/process/command.hpp>

namespace imagewright::finalize {

namespace {

bool has_depmod(const fs::RootDir& files) {
  constexpr std::array<std::string_view, 3> k_places{"/usr/sbin/depmod", "/sbin/depmod",
                                                     "/usr/bin/depmod"};
  return std::ranges::any_of(k_places, [&](std::string_view path) { return files.exists(path); });
}

} // namespace

std::optional<std::string> find_kernel_image(const fs::RootDir& files, const std::string& release) {
  const auto modules = std::string(k_kernel_modules) + "/" + release;
  for (const auto& path :
       {"/boot/vmlinuz-" + release, modules + "/vmlinuz", "/boot/vmlinux-" + release,
        "/boot/Image-" + release, modules + "/Image"}) {
    // Where /boot has a link to the kernel, its modules have the kernel itself.
    const auto status = files.find_status(path);
    if (status && status->type == fs::FileType::regular) return path;
  }
  return std::nullopt;
}

void make_module_lists(root::WorkRoot& root, const std::string& release) {
  const auto& files = root.files();
  const bool is_there =
      files.exists(std::string(k_kernel_modules) + "/" + release + "/modules.dep");
  if (is_there && !has_depmod(files)) return;
  process::require_success(
      root.programs()->run({.argv = {"depmod", "-a", release},
                            .description = "make the module lists of kernel " + release}));
}

void require_companions(const std::vector<model::KernelCompanion>& companions,
                        const fs::RootDir& files, const std::string& image) {
  constexpr std::string_view k_placeholder = "@image@";
  const auto slash = image.rfind('/') + 1;
  for (const auto& companion : companions) {
    auto name = companion.name;
    if (const auto at = name.find(k_placeholder); at != std::string::npos)
      name.replace(at, k_placeholder.size(), image.substr(slash));
    const auto path = image.substr(0, slash) + name;
    if (files.exists(path)) continue;
    throw base::Error(base::FailureKind::build, "finalize.missing-kernel-file",
                      "the image has no " + base::quoted(path) + ", without which " +
                          companion.origin + " would keep the kernel from booting",
                      "install a kernel that brings it, or remove " + companion.origin);
  }
}

} // namespace imagewright::finalize
