// SPDX-License-Identifier: MIT
#include "boot_paths.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/model/verity.hpp>

#include "content.hpp"

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

namespace {

bool is_directory(const fs::RootDir& files, const std::string& path) {
  const auto status = files.find_status(path);
  return status && status->type == fs::FileType::directory;
}

void move_into(const fs::RootDir& files, const std::string& from, const std::string& into) {
  for (const std::string& name : files.list(from)) {
    const std::string source = from + "/" + name;
    const std::string destination = name_on_esp(files, into + "/" + name);
    const auto status = files.find_status(source);
    const bool is_there = files.find_status(destination).has_value();
    if (status->type == fs::FileType::directory) {
      if (!is_there) files.make_directories(destination);
      if (is_directory(files, destination)) move_into(files, source, destination);
    } else if (status->type == fs::FileType::regular && !is_there) {
      files.write(destination, read_large(files, source), status->permissions);
      files.remove(source);
    } else if (status->type == fs::FileType::regular &&
               read_large(files, source) == read_large(files, destination)) {
      files.remove(source);
    }
  }
  if (files.list(from).empty()) files.remove(from);
}

void join_spellings(const fs::RootDir& files, const std::string& directory) {
  std::map<std::string, std::string> first;
  for (const std::string& name : files.list(directory)) {
    const std::string path = directory + "/" + name;
    if (!is_directory(files, path)) continue;
    const auto [known, is_new] = first.emplace(base::to_lower(name), path);
    if (!is_new) move_into(files, path, known->second);
  }
  for (const auto& [name, path] : first)
    join_spellings(files, path);
}

} // namespace

void join_spellings_on_esp(const fs::RootDir& files) {
  const std::string esp(k_esp_mount);
  if (is_directory(files, esp)) join_spellings(files, esp);
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
