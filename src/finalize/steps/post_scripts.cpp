// SPDX-License-Identifier: MIT
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "../scripts.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

/// What the boot loader's set-up writes, and scripts that know other tools may write, too.
constexpr std::array k_boot_files{"/etc/default/grub",       "/etc/kernel/cmdline",
                                  "/etc/kernel/entry-token", "/boot/efi/loader/loader.conf",
                                  "/boot/grub/grub.cfg",     "/boot/grub2/grub.cfg"};

std::vector<std::optional<std::string>> boot_files(const fs::RootDir& files) {
  std::vector<std::optional<std::string>> contents;
  contents.reserve(k_boot_files.size());
  for (const char* path : k_boot_files)
    contents.push_back(files.find_content(path));
  return contents;
}

StepYield run_post_scripts(const ScriptInput& input, root::WorkRoot& root) {
  if (input.scripts.empty()) return {};
  const auto before = boot_files(root.files());
  StepYield yield = run_scripts(input, root, "post");
  const auto after = boot_files(root.files());
  // What a script has written is the config's, like a file that is given.
  for (std::size_t index = 0; index < k_boot_files.size(); ++index) {
    if (after[index] && after[index] != before[index])
      yield.given_files.push_back({k_boot_files.at(index), input.scripts.back().where});
  }
  return yield;
}

} // namespace

/// Before the initramfs is made, so that what these scripts change is in it.
constinit const Step post_scripts{"post-scripts", AppliesTo::both,
                                  k_run<run_post_scripts, &model::ScriptsConfig::post_customization,
                                        &FinalizePlan::script_files, &services>};

} // namespace imagewright::finalize::steps
