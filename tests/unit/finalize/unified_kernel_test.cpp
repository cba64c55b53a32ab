// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "boot_root.hpp"
#include "tiny_program.hpp"

using namespace finalize_test;

namespace {

struct UnifiedRoot : BootRoot {
  UnifiedRoot() {
    plan.boot_loader.kernels = finalize::KernelForm::unified;
    plan.boot_loader.facts.stub.text = "/usr/lib/boot/linux@efi@.stub";
    plan.boot_loader.facts.addon_stub.text = "/usr/lib/boot/addon@efi@.stub";
    root.write("/usr/lib/boot/linuxx64.stub", tiny_program(), 0644);
  }

  std::string section(const std::string& path, const std::string& name) const {
    for (const auto& section : sections_of(root.read(path))) {
      if (section.name == name) return section.content;
    }
    return {};
  }
};

constexpr auto k_image = "/boot/efi/EFI/Linux/vmlinuz-6.6.10.efi";

} // namespace

TEST_CASE_METHOD(UnifiedRoot, "makes one program of each kernel, its initramfs and command line") {
  run();
  CHECK(root.list("/boot/efi/EFI/Linux") ==
        std::vector<std::string>{"vmlinuz-6.6.10.efi", "vmlinuz-6.6.9.efi"});
  CHECK(section(k_image, ".linux") == "kernel 6.6.10");
  CHECK(section(k_image, ".initrd") == "initramfs");
  CHECK(section(k_image, ".uname") == "6.6.10");
  CHECK(section(k_image, ".osrel") == root.read("/etc/os-release"));
  CHECK(section(k_image, ".cmdline") == "root=UUID=1 rw quiet");
  CHECK(root.read("/boot/efi/loader/loader.conf").ends_with("\ndefault vmlinuz-6.6.10.efi\n"));
  CHECK(root.list("/boot/efi/loader/entries").empty());
  CHECK_FALSE(root.exists("/boot/initramfs-6.6.10.img"));
  CHECK(root.exists("/boot/vmlinuz-6.6.10"));
  CHECK(found.command_line_files.front() == k_image);
}

TEST_CASE_METHOD(UnifiedRoot, "the command line is an addon where the stub knows addons") {
  root.write("/usr/lib/boot/addonx64.stub", tiny_program(), 0644);
  run();
  const auto addon = std::string(k_image) + ".extra.d/vmlinuz-6.6.10.addon.efi";
  CHECK(section(addon, ".cmdline") == "root=UUID=1 rw quiet");
  CHECK(section(k_image, ".cmdline").empty());
  CHECK(found.command_line_files.front() == addon);
}

TEST_CASE_METHOD(UnifiedRoot, "a release or an image without a stub is an error") {
  SECTION("of the image") {
    root.remove("/usr/lib/boot/linuxx64.stub");
    CHECK(code_of([&] { run(); }) == "finalize.missing-boot-file");
  }
  SECTION("of the release") {
    plan.boot_loader.facts.stub.text.clear();
    CHECK(code_of([&] { run(); }) == "finalize.missing-boot-file");
  }
}
