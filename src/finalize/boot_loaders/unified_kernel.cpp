// SPDX-License-Identifier: MIT
#include <string>

#include "../boot_paths.hpp"
#include "../content.hpp"
#include "boot_loaders.hpp"
#include "pe_image.hpp"

// UAPI group's specification "Unified Kernel Image (UKI)", and systemd-stub(7) for addons.

namespace imagewright::finalize::boot_loaders {
namespace {

std::string unified_path(const model::InstalledKernel& kernel) {
  return std::string(k_esp_mount) + "/EFI/Linux/vmlinuz-" + kernel.release + ".efi";
}

/// Where a stub that knows addons looks for those of this image alone.
std::string addon_path(const model::InstalledKernel& kernel) {
  return unified_path(kernel) + ".extra.d/vmlinuz-" + kernel.release + ".addon.efi";
}

std::string stub_path(const BootInput& input, const fs::RootDir& files) {
  const auto path = boot_file(input.architecture, input.boot_loader.facts.stub);
  if (!path.empty() && files.exists(path)) return path;
  throw base::Error(base::FailureKind::build, "finalize.missing-boot-file",
                    "the image has no stub to make unified kernel images of",
                    path.empty() ? "give the boot loader its stub in the release profile"
                                 : "install the package that brings " + path);
}

/// An addon where the stub knows them: then the command line can be changed and signed without the
/// kernel. Else the image holds the command line itself.
bool has_addons(const BootInput& input, const fs::RootDir& files) {
  const auto path = boot_file(input.architecture, input.boot_loader.facts.addon_stub);
  return !path.empty() && files.exists(path);
}

void write_addon(const BootInput& input, const fs::RootDir& files,
                 const model::InstalledKernel& kernel) {
  const auto stub = boot_file(input.architecture, input.boot_loader.facts.addon_stub);
  files.write(addon_path(kernel),
              with_sections(files.read(stub), {{".cmdline", input.command_line}}, stub), 0644);
}

void write_image(const BootInput& input, const fs::RootDir& files,
                 const model::InstalledKernel& kernel) {
  const auto stub = stub_path(input, files);
  std::vector<PeSection> sections{{".osrel", files.read("/etc/os-release")},
                                  {".uname", kernel.release}};
  if (!has_addons(input, files)) sections.push_back({".cmdline", input.command_line});
  sections.push_back({".initrd", read_large(files, kernel.initramfs)});
  sections.push_back({".linux", read_large(files, kernel.image)});
  const auto path = unified_path(kernel);
  files.write(path, with_sections(files.read(stub), sections, stub), 0644);
}

} // namespace

StepYield install_unified_kernels(const BootInput& input, const fs::RootDir& files) {
  StepYield yield{.kernels = input.kernels};
  const bool is_apart = has_addons(input, files);
  for (auto& kernel : *yield.kernels) {
    write_image(input, files, kernel);
    if (is_apart) write_addon(input, files, kernel);
    yield.command_line_files.push_back(is_apart ? addon_path(kernel) : unified_path(kernel));
    // The initramfs is inside; the kernel's own file stays with its package, and with the checksum
    // that FIPS mode looks for.
    files.remove(kernel.initramfs);
    kernel.initramfs = unified_path(kernel);
  }
  return yield;
}

std::string unified_kernel_entry(const model::InstalledKernel& kernel) {
  const auto path = unified_path(kernel);
  return path.substr(path.rfind('/') + 1);
}

} // namespace imagewright::finalize::boot_loaders
