// SPDX-License-Identifier: MIT
#include "boot_loaders.hpp"

#include <algorithm>

#include <imagewright/base/key_value.hpp>

#include "../version_order.hpp"

namespace imagewright::finalize::boot_loaders {

std::string boot_file(const model::Architecture& architecture,
                      const model::ArchitectureText& path) {
  constexpr std::string_view k_placeholder = "@efi@";
  auto result = path.for_architecture(architecture.name);
  for (auto at = result.find(k_placeholder); at != std::string::npos;
       at = result.find(k_placeholder)) {
    result.replace(at, k_placeholder.size(), architecture.efi_name);
  }
  return result;
}

bool is_newest_kernel(const std::vector<model::InstalledKernel>& kernels,
                      const model::InstalledKernel& kernel) {
  return std::ranges::none_of(kernels, [&](const model::InstalledKernel& other) {
    return is_newer_version(other.release, kernel.release);
  });
}

std::string pretty_name(const fs::RootDir& files) {
  const auto text = files.find_content("/etc/os-release").value_or("");
  return base::find_value(text, "PRETTY_NAME").value_or("Linux");
}

} // namespace imagewright::finalize::boot_loaders
