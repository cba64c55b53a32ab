// SPDX-License-Identifier: MIT
#pragma once

// A root with two kernels and a boot loader, and the steps that make it bootable.

#include <string>

#include "fake_root.hpp"

namespace finalize_test {

namespace steps = finalize::steps;

struct BootRoot : FakeRoot {
  BootRoot() {
    root.write("/etc/os-release", "ID=workbench\nPRETTY_NAME=\"Work bench 1\"\n", 0644);
    root.write("/usr/lib/boot/loaderx64.efi", "loader", 0644);
    plan.boot_loader = {.kind = finalize::BootLoaderKind::systemd_boot,
                        .facts = {.efi_program = {.text = "/usr/lib/boot/loader@efi@.efi"}}};
    add_partition("/", model::FilesystemType::ext4);
    found.command_line = "root=UUID=1 rw quiet";
    add_kernel("6.6.9");
    add_kernel("6.6.10");
    programs.effect = [this](const process::Command& command, process::CommandResult&) {
      if (command.argv[0] == "dracut") root.write(command.argv.back(), "initramfs", 0644);
    };
  }

  void add_kernel(const std::string& release) {
    root.write("/usr/lib/modules/" + release + "/modules.dep", "", 0644);
    root.write("/boot/vmlinuz-" + release, "kernel " + release, 0644);
  }

  void run() {
    run_step(steps::grub_settings);
    run_step(steps::kernels);
    run_step(steps::initramfs);
    run_step(steps::boot_loader);
    run_step(steps::grub_menu);
  }
};

} // namespace finalize_test
