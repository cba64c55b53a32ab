// SPDX-License-Identifier: MIT
#include <optional>
#include <string>
#include <vector>

#include "../boot_loaders/base_boot_files.hpp"
#include "../boot_loaders/pe_image.hpp"
#include "../content.hpp"
#include "../kernel_files.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const BootChain& boot_chain;
};

/// Where a kernel is nowhere but in its unified image.
void unpack_kernel(const fs::RootDir& files, const std::string& unified) {
  const std::string program = read_large(files, unified);
  const auto release = boot_loaders::section_of(program, ".uname", unified);
  const auto image = boot_loaders::section_of(program, ".linux", unified);
  if (!release || !image) return;
  const bool has_modules = files.exists(std::string(k_kernel_modules) + "/" + *release);
  if (has_modules && !find_kernel_image(files, *release))
    files.write("/boot/vmlinuz-" + *release, *image, 0600);
}

/// Menus, entries and unified images of the loader that the base had: beside those that are made
/// anew they would start what is not there any more.
StepYield remove_former(const Input& input, root::WorkRoot& root) {
  if (input.boot_chain == BootChain::kept) return {};
  const fs::RootDir& files = root.files();
  std::vector<std::string> former;
  const auto note = [&](const std::string& path, const std::string&) { former.push_back(path); };
  boot_loaders::for_each_menu(files, note);
  boot_loaders::for_each_entry(files, note);
  boot_loaders::for_each_loader_setting(files, note);
  boot_loaders::for_each_unified_kernel(files, [&](const std::string& path) {
    unpack_kernel(files, path);
    former.push_back(path);
    if (files.exists(path + ".extra.d")) files.remove_tree(path + ".extra.d");
  });
  for (const std::string& path : former)
    files.remove(path);
  return {};
}

} // namespace

constinit const Step former_boot_files{"former-boot-files", AppliesTo::customized,
                                       k_run<remove_former, &FinalizePlan::boot_chain>};

} // namespace imagewright::finalize::steps
