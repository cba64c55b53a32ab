// SPDX-License-Identifier: MIT
#include "packaged_kernels.hpp"

#include <algorithm>
#include <optional>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../boot_paths.hpp"
#include "../content.hpp"
#include "../kernel_files.hpp"
#include "pe_image.hpp"

namespace imagewright::finalize::boot_loaders {
namespace {

/// Texts in sections may end with a line break or a NUL.
std::string text_in(const std::string& program, std::string_view name, const std::string& path) {
  std::string text = section_of(program, name, path).value_or("");
  text.erase(std::ranges::find(text, '\0'), text.end());
  return std::string(base::trimmed(text));
}

/// Nothing for EFI programs of other kinds.
std::optional<PackagedKernel> read_kernel(const fs::RootDir& files, const std::string& path) {
  const std::string program = read_large(files, path);
  if (!section_of(program, ".linux", path)) return std::nullopt;
  return PackagedKernel{.path = path,
                        .release = text_in(program, ".uname", path),
                        .command_line = text_in(program, ".cmdline", path)};
}

std::vector<PackagedKernel> kernels_in(const fs::RootDir& files, const std::string& directory) {
  std::vector<PackagedKernel> kernels;
  for (const std::string& name : files.list(directory)) {
    const std::string path = directory + "/" + name;
    const auto status = files.find_status(path);
    // A link leads to a file that is looked at where it is.
    if (!base::to_lower(name).ends_with(".efi") || !status || status->type != fs::FileType::regular)
      continue;
    if (auto kernel = read_kernel(files, path)) kernels.push_back(*std::move(kernel));
  }
  return kernels;
}

bool is_known(const std::vector<PackagedKernel>& kernels, const std::string& release) {
  return std::ranges::find(kernels, release, &PackagedKernel::release) != kernels.end();
}

} // namespace

std::vector<PackagedKernel> place_packaged_kernels(const fs::RootDir& files) {
  const std::string place = name_on_esp(files, std::string(k_esp_mount) + "/EFI/Linux");
  std::vector<PackagedKernel> kernels = kernels_in(files, place);
  for (const std::string& release : files.list(k_kernel_modules)) {
    for (PackagedKernel& kernel :
         kernels_in(files, std::string(k_kernel_modules) + "/" + release)) {
      if (kernel.release.empty()) kernel.release = release;
      if (is_known(kernels, kernel.release)) continue;
      // As kernel-install(8) names it.
      const std::string target = place + "/" + entry_token(files) + "-" + kernel.release + ".efi";
      copy_boot_file(files, kernel.path, target);
      kernel.path = target;
      kernels.push_back(std::move(kernel));
    }
  }
  if (!kernels.empty()) return kernels;
  throw base::Error(base::FailureKind::build, "finalize.no-packaged-kernel",
                    "no package of the image brings a unified kernel image",
                    "install one with os.packages.install or os.kernel.package, or let the image "
                    "be made here with \"os: {uki: {mode: create}}\"");
}

} // namespace imagewright::finalize::boot_loaders
