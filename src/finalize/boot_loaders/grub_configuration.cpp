// SPDX-License-Identifier: MIT
#include "grub_configuration.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>

#include "../boot_paths.hpp"
#include "boot_loaders.hpp"

namespace imagewright::finalize::boot_loaders {
namespace {

/// Words that GRUB's script language takes literally.
std::string grub_words(const std::string& line) {
  const auto words = base::split_whitespace(line);
  return base::shell_command(words);
}

/// GRUB's own driver knows the ports of a PC; elsewhere the firmware's console is the serial line.
bool has_serial_driver(const BootLoader& loader) {
  return loader.serial_console.starts_with("ttyS");
}

std::string terminal_lines(const BootLoader& loader) {
  if (!has_serial_driver(loader)) return "";
  return "serial --unit=0 --speed=115200\nterminal_input serial console\n"
         "terminal_output serial console\n";
}

std::string menu_entry(const std::string& title, const BootInput& input,
                       const BootFilesystem& filesystem, const model::InstalledKernel& kernel) {
  return "menuentry " + base::shell_word(title + ", Linux " + kernel.release) + " --id " +
         base::shell_word(kernel.release) + " {\n" + //
         "  " + search_line(filesystem) +            //
         "  linux " + base::shell_word(grub_path(filesystem, kernel.image)) + " " +
         grub_words(input.command_line) + "\n" + //
         "  initrd " + base::shell_word(grub_path(filesystem, kernel.initramfs)) + "\n}\n";
}

std::string main_configuration(const BootInput& input, const fs::RootDir& files,
                               const std::vector<model::InstalledKernel>& kernels) {
  const auto& loader = input.boot_loader;
  const auto filesystem = boot_filesystem(input.layout);
  std::string text = "# Made with the image. grub-mkconfig replaces it, from /etc/default/grub.\n"
                     "set default=0\nset timeout=" +
                     std::to_string(loader.timeout_seconds) + "\n" + terminal_lines(loader) +
                     "insmod part_gpt\ninsmod ext2\n";
  for (const auto& kernel : kernels)
    text += menu_entry(pretty_name(files), input, filesystem, kernel);
  return text;
}

/// grub-mkconfig (GRUB 2.12 and later) otherwise takes the newest, also of those that are added on
/// the node.
std::string default_kernel_line(const std::vector<model::InstalledKernel>& kernels) {
  if (kernels.empty() || is_newest_kernel(kernels, kernels.front())) return "";
  return "GRUB_TOP_LEVEL=" + base::shell_double_quoted(kernels.front().image) + "\n";
}

/// What grub-mkconfig needs to make the same again on the node. It finds the root filesystem
/// itself.
std::string defaults(const BootInput& input, const std::vector<model::InstalledKernel>& kernels) {
  auto words = base::split_whitespace(lasting_command_line(input));
  std::erase_if(words, [](const std::string& word) { return word.starts_with("root="); });
  return "GRUB_TIMEOUT=" + std::to_string(input.boot_loader.timeout_seconds) + "\n" +
         "GRUB_CMDLINE_LINUX=" + base::shell_double_quoted(base::join(words, " ")) + "\n" +
         "GRUB_DISABLE_OS_PROBER=true\n" + default_kernel_line(kernels) +
         (has_serial_driver(input.boot_loader) ? "GRUB_TERMINAL=\"serial console\"\n" : "");
}

/// GRUB reads kernels from /boot alone.
std::vector<model::InstalledKernel>
with_images_in_boot(const fs::RootDir& files, std::vector<model::InstalledKernel> kernels) {
  for (auto& kernel : kernels) {
    if (kernel.image.starts_with("/boot/")) continue;
    const auto path = "/boot/vmlinuz-" + kernel.release;
    copy_boot_file(files, kernel.image, path);
    kernel.image = path;
  }
  return kernels;
}

} // namespace

BootFilesystem boot_filesystem(const model::DiskLayout& layout) {
  if (const auto* boot = layout.find_mount("/boot")) {
    return {boot->filesystem->uuid.to_string(), "/boot"};
  }
  const auto* root = layout.find_mount("/");
  IMAGEWRIGHT_ASSERT(root != nullptr);
  return {root->filesystem->uuid.to_string(), ""};
}

std::string grub_path(const BootFilesystem& filesystem, const std::string& path) {
  return path.substr(filesystem.prefix.size());
}

std::string grub_directory(const fs::RootDir& files) {
  const bool is_grub2 = files.exists("/usr/sbin/grub2-mkconfig") || files.exists("/boot/grub2");
  return is_grub2 ? "/boot/grub2" : "/boot/grub";
}

std::string search_line(const BootFilesystem& filesystem) {
  return "search --no-floppy --fs-uuid --set=root " + filesystem.uuid + "\n";
}

std::string grub_start(const model::DiskLayout& layout, const fs::RootDir& files) {
  const auto filesystem = boot_filesystem(layout);
  return search_line(filesystem) + "set prefix=($root)" +
         grub_path(filesystem, grub_directory(files)) + "\n";
}

StepYield write_grub_configuration(const BootInput& input, const fs::RootDir& files) {
  auto kernels = with_images_in_boot(files, input.kernels);
  const auto path = grub_directory(files) + "/grub.cfg";
  files.write(path, main_configuration(input, files, kernels), 0600);
  files.write("/etc/default/grub", defaults(input, kernels), 0644);
  return {.kernels = std::move(kernels), .command_line_files = {path, "/etc/default/grub"}};
}

} // namespace imagewright::finalize::boot_loaders
