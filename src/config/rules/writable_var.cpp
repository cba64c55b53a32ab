// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/model/mount_options.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

constexpr std::string_view k_state = "/var";

bool has_overlay(const model::OsConfig& os) {
  return std::ranges::any_of(os.overlays, [](const model::OverlayConfig& overlay) {
    return base::is_at_or_below(k_state, overlay.mount_point.text);
  });
}

/// systemd-volatile-root.service(8) and systemd-fstab-generator(8).
bool is_made_at_boot(const model::OsConfig& os) {
  return std::ranges::any_of(os.kernel_command_line, [](const model::LocatedText& entry) {
    const std::vector<std::string> words = model::kernel_words(entry.text);
    return std::ranges::any_of(words, [](const std::string& word) {
      constexpr std::array volatile_modes = {"yes", "1", "true", "on", "state", "overlay"};
      const model::KernelParameter parameter = model::kernel_parameter(word);
      if (parameter.name == "systemd.mount-extra") {
        const std::vector<std::string> parts = base::split(parameter.value.value_or(""), ':');
        return parts.size() > 1 && parts[1] == k_state;
      }
      return parameter.name == "systemd.volatile" &&
             (!parameter.value ||
              std::ranges::find(volatile_modes, *parameter.value) != volatile_modes.end());
    });
  });
}

bool has_mount_unit(const model::OsConfig& os) {
  return std::ranges::any_of(os.additional_files, [](const model::AdditionalFile& file) {
    return file.destination.ends_with("/var.mount");
  });
}

} // namespace

base::Diagnostics check_writable_var(const model::ImageConfig& config) {
  base::Diagnostics diagnostics;
  const model::MountPointConfig* root = nullptr;
  for (const model::MountPointConfig* mount : mounts_of(config.storage)) {
    if (mount->path == k_state) return diagnostics;
    if (mount->path == "/") root = mount;
  }
  if (root == nullptr || !model::has_mount_option(root->options, "ro")) return diagnostics;
  if (has_overlay(config.os) || is_made_at_boot(config.os) || has_mount_unit(config.os))
    return diagnostics;
  diagnostics.warning(
      "config.read-only-var",
      "\"/\" is read-only, and /var is a part of it: services that keep anything there fail",
      root->where,
      "mount a partition or an overlay (os.overlays) at /var, or add \"systemd.volatile=state\" to "
      "os.kernelCommandLine.extraCommandLine for one that is empty at each boot");
  return diagnostics;
}

} // namespace imagewright::config
