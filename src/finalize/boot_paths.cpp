// SPDX-License-Identifier: MIT
#include "boot_paths.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/model/verity.hpp>

namespace imagewright::finalize {

std::string entry_token(const fs::RootDir& files) {
  const auto text = files.find_content("/etc/os-release").value_or("");
  for (const auto* key : {"IMAGE_ID", "ID"}) {
    const auto value = base::find_value(text, key);
    if (value && !value->empty()) return *value;
  }
  return "linux";
}

std::string initramfs_path(const fs::RootDir& files, const BootLoader& loader,
                           const std::string& kernel_release) {
  if (loader.kind != BootLoaderKind::systemd_boot || loader.kernels != KernelForm::separate) {
    return "/boot/initramfs-" + kernel_release + ".img";
  }
  // On the ESP, beside the kernel: systemd-boot reads no other filesystem.
  return std::string(k_esp_mount) + "/" + entry_token(files) + "/" + kernel_release + "/initrd";
}

std::string lasting_command_line(const BootInput& input) {
  const auto& layout = input.layout;
  auto words = model::kernel_words(input.command_line);
  if (model::is_verified(layout, "/")) {
    for (const auto& device : layout.verity) {
      std::erase(words,
                 model::root_hash_argument(device) + "=" + model::root_hash_placeholder(device));
    }
  }
  return model::joined_kernel_words(words);
}

std::string name_on_esp(const fs::RootDir& files, const std::string& path) {
  const std::string below = std::string(k_esp_mount) + "/";
  if (!path.starts_with(below)) return path;
  std::string found(k_esp_mount);
  for (const std::string& part : base::split(path.substr(below.size()), '/')) {
    const auto names = files.list(found);
    const auto same = std::ranges::find_if(names, [&](const std::string& name) {
      return base::to_lower(name) == base::to_lower(part);
    });
    // Of two spellings, which ext4 below the mount point can have, the one that was asked for.
    const bool is_exact = std::ranges::find(names, part) != names.end();
    found += "/" + (is_exact || same == names.end() ? part : *same);
  }
  return found;
}

void copy_boot_file(const fs::RootDir& files, const std::string& source,
                    const std::string& wanted_destination) {
  const std::string destination = name_on_esp(files, wanted_destination);
  if (source == destination) return;
  const auto content = files.find_content(source);
  if (!content) {
    throw base::Error(
        base::FailureKind::build, "finalize.missing-boot-file",
        "the image has no file " + base::quoted(source) + ", which the boot loader needs",
        "install the boot loader's package, or correct boot_loaders in the release profile");
  }
  // Firmware and boot loaders do not follow what leads to another filesystem.
  if (files.find_link_target(destination)) files.remove(destination);
  files.write(destination, *content, 0644);
}

} // namespace imagewright::finalize
