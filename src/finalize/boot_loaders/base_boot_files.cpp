// SPDX-License-Identifier: MIT
#include "base_boot_files.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include <fcntl.h>

#include <imagewright/base/text.hpp>

namespace imagewright::finalize::boot_loaders {

namespace {

constexpr std::array k_boot_directories = {"/boot/efi", "/efi", "/boot"};
constexpr std::array k_menus = {"/boot/grub2/grub.cfg", "/boot/grub/grub.cfg",
                                "/boot/efi/EFI/BOOT/grub.cfg"};

using PathVisitor = std::function<void(const std::string&)>;

/// Each file that is there, by the first of its names.
class Places {
public:
  explicit Places(const fs::RootDir& files) : files_(files) {}

  void visit(const std::string& path, const PathVisitor& visitor) {
    if (!files_.exists(path)) return;
    if (seen_.insert(files_.real_path(files_.open(path, O_PATH))).second) visitor(path);
  }

  void visit_directory(const std::string& directory, std::string_view ending,
                       const PathVisitor& visitor) {
    for (const std::string& name : files_.list(directory)) {
      if (base::to_lower(name).ends_with(ending)) visit(directory + "/" + name, visitor);
    }
  }

private:
  const fs::RootDir& files_;
  std::set<std::string> seen_;
};

/// With the content of each.
PathVisitor reading(const fs::RootDir& files, const BootFileVisitor& visit) {
  return [&](const std::string& path) { visit(path, files.read(path)); };
}

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// Others there lead to the menu of /boot, and go with the loader beside them.
bool starts_kernels(std::string_view menu) {
  return std::ranges::any_of(base::split(menu, '\n'), [](const std::string& line) {
    const std::string_view command = base::trimmed(line);
    return loads_kernel(command.substr(0, command.find_first_of(" \t")));
  });
}

/// What distributions have on the ESP in directories of their own.
void visit_of_vendors(const fs::RootDir& files, Places& places, const std::string& name,
                      const PathVisitor& visitor) {
  for (const std::string esp : {"/boot/efi", "/efi"}) {
    for (const std::string& vendor : files.list(esp + "/EFI"))
      places.visit(esp + "/EFI/" + vendor + "/" + name, visitor);
  }
}

} // namespace

void for_each_menu(const fs::RootDir& files, const BootFileVisitor& visit) {
  Places places(files);
  for (const char* path : k_menus)
    places.visit(path, reading(files, visit));
  visit_of_vendors(files, places, "grub.cfg", [&](const std::string& path) {
    const std::string menu = files.read(path);
    if (starts_kernels(menu)) visit(path, menu);
  });
}

void for_each_entry(const fs::RootDir& files, const BootFileVisitor& visit) {
  Places places(files);
  for (const std::string directory : k_boot_directories)
    places.visit_directory(directory + "/loader/entries", ".conf", reading(files, visit));
}

void for_each_environment(const fs::RootDir& files, const BootFileVisitor& visit) {
  Places places(files);
  for (const char* directory : {"/boot/grub2", "/boot/grub"})
    places.visit(std::string(directory) + "/grubenv", reading(files, visit));
  visit_of_vendors(files, places, "grubenv", reading(files, visit));
}

void for_each_loader_setting(const fs::RootDir& files, const BootFileVisitor& visit) {
  Places places(files);
  for (const std::string directory : k_boot_directories)
    places.visit(directory + "/loader/loader.conf", reading(files, visit));
}

void for_each_unified_kernel(const fs::RootDir& files, const PathVisitor& visit) {
  Places places(files);
  for (const std::string directory : k_boot_directories)
    places.visit_directory(directory + "/EFI/Linux", ".efi", visit);
}

void store_boot_file(const fs::RootDir& files, const std::string& path, const std::string& text) {
  const std::string real = files.real_path(files.open(path, O_PATH));
  files.write(real, text, files.find_target_status(real)->permissions);
}

bool loads_kernel(std::string_view command) {
  constexpr std::array<std::string_view, 3> k_commands = {"linux", "linuxefi", "linux16"};
  return is_one_of(k_commands, command);
}

bool loads_initramfs(std::string_view command) {
  constexpr std::array<std::string_view, 3> k_commands = {"initrd", "initrdefi", "initrd16"};
  return is_one_of(k_commands, command);
}

} // namespace imagewright::finalize::boot_loaders
