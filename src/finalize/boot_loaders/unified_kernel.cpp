// SPDX-License-Identifier: MIT
#include <span>
#include <string>

#include <fcntl.h>

#include <imagewright/fs/file.hpp>

#include "../boot_paths.hpp"
#include "boot_loaders.hpp"
#include "pe_image.hpp"

// UAPI group's specification "Unified Kernel Image (UKI)", and systemd-stub(7) for addons.

namespace imagewright::finalize::boot_loaders {
namespace {

/// The whole file; kernels and initramfs have no sensible limit.
std::string content_of_file(const Context& context, const std::string& path) {
  const auto fd = context.root.open(path, O_RDONLY);
  std::string content(context.root.find_target_status(path)->size, '\0');
  fs::read_exactly(fd.get(), std::as_writable_bytes(std::span(content)), 0, path);
  return content;
}

std::string unified_path(const model::InstalledKernel& kernel) {
  return std::string(k_esp_mount) + "/EFI/Linux/vmlinuz-" + kernel.release + ".efi";
}

/// Where a stub that knows addons looks for those of this image alone.
std::string addon_path(const model::InstalledKernel& kernel) {
  return unified_path(kernel) + ".extra.d/vmlinuz-" + kernel.release + ".addon.efi";
}

std::string stub_path(const Context& context) {
  const auto path = boot_file(context, context.plan.boot_loader.facts.stub);
  if (!path.empty() && context.root.exists(path)) return path;
  throw base::Error(base::FailureKind::build, "finalize.missing-boot-file",
                    "the image has no stub to make unified kernel images of",
                    path.empty() ? "give the boot loader its stub in the release profile"
                                 : "install the package that brings " + path);
}

/// An addon where the stub knows them: then the command line can be changed and signed without the
/// kernel. Else the image holds the command line itself.
bool has_addons(const Context& context) {
  const auto path = boot_file(context, context.plan.boot_loader.facts.addon_stub);
  return !path.empty() && context.root.exists(path);
}

void write_addon(const Context& context, const model::InstalledKernel& kernel) {
  const auto stub = boot_file(context, context.plan.boot_loader.facts.addon_stub);
  context.root.write(addon_path(kernel),
                     with_sections(context.root.read(stub),
                                   {{".cmdline", context.sealed.kernel_command_line}}, stub),
                     0644);
  context.sealed.command_line_files.push_back(addon_path(kernel));
}

void write_image(const Context& context, const model::InstalledKernel& kernel) {
  const auto stub = stub_path(context);
  std::vector<PeSection> sections{{".osrel", context.root.read("/etc/os-release")},
                                  {".uname", kernel.release}};
  if (!has_addons(context)) sections.push_back({".cmdline", context.sealed.kernel_command_line});
  sections.push_back({".initrd", content_of_file(context, kernel.initramfs)});
  sections.push_back({".linux", content_of_file(context, kernel.image)});
  const auto path = unified_path(kernel);
  context.root.write(path, with_sections(context.root.read(stub), sections, stub), 0644);
  if (!has_addons(context)) context.sealed.command_line_files.push_back(path);
}

} // namespace

void install_unified_kernels(const Context& context) {
  for (auto& kernel : context.sealed.kernels) {
    write_image(context, kernel);
    if (has_addons(context)) write_addon(context, kernel);
    // The initramfs is inside; the kernel's own file stays with its package, and with the checksum
    // that FIPS mode looks for.
    context.root.remove(kernel.initramfs);
    kernel.initramfs = unified_path(kernel);
  }
}

std::string unified_kernel_entry(const model::InstalledKernel& kernel) {
  const auto path = unified_path(kernel);
  return path.substr(path.rfind('/') + 1);
}

} // namespace imagewright::finalize::boot_loaders
