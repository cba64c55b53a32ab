// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "../dracut_options.hpp"
#include "../given_files.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const model::InitramfsFacts& facts;
  const std::vector<std::string>& modules;
  const std::vector<std::string>& drivers;
  const BootLoader& boot_loader;
  const std::vector<GivenFile>& given_files;
};

/// Of all the settings the first: what packages and the node's owner set has the last word.
constexpr const char* k_settings = "/etc/dracut.conf.d/00-composed.conf";

/// dracut takes the words of a list apart at blanks, and one list after the other.
std::string line_of(const DracutOption& option) {
  const bool is_list = option.setting.ends_with("+=");
  const std::string value = is_list ? " " + option.value + " " : option.value;
  return fmt::format("{}\"{}\"\n", option.setting, value);
}

/// With each update of its kernel a node makes an initramfs of its own; it is to be what the
/// image's is.
StepYield write_settings(const Input& input, root::WorkRoot& root) {
  const bool has_dracut = root.files().exists("/usr/bin/dracut");
  if (input.boot_loader.kind == BootLoaderKind::none || !has_dracut) return {};
  std::string text = "# Made with the image: what a node makes itself is like the image's own.\n"
                     "hostonly=\"no\"\nhostonly_cmdline=\"no\"\ndo_strip=\"no\"\n";
  for (const DracutOption& option : dracut_options(input.facts, input.modules, input.drivers))
    text += line_of(option);
  write_unless_given(root.files(), input.given_files, k_settings, text, 0644);
  return {};
}

} // namespace

constinit const Step initramfs_settings{
    "initramfs-settings", AppliesTo::composed,
    k_run<write_settings, &FinalizePlan::initramfs, &model::SystemPolicy::initramfs_modules,
          &model::SystemPolicy::initramfs_drivers, &FinalizePlan::boot_loader,
          &Findings::given_files>};

} // namespace imagewright::finalize::steps
