// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "fake_root.hpp"
#include "finalize/boot_loaders/existing_loaders.hpp"

using namespace finalize_test;
using finalize::boot_loaders::change_command_lines;
using finalize::boot_loaders::UnifiedKernels;

namespace {

finalize::CommandLineChange change() {
  finalize::CommandLineChange made;
  made.dropped.push_back({"quiet", {}});
  made.removed = {"selinux"};
  made.lasting = {"selinux=1"};
  made.appended = {"audit=1"};
  return made;
}

std::string block(const std::string& text) {
  std::string made = "# GRUB Environment Block\n" + text;
  made.append(1024 - made.size(), '#');
  return made;
}

} // namespace

TEST_CASE_METHOD(FakeRoot, "arguments go from what entries take from GRUB's variables") {
  root.write("/boot/loader/entries/a.conf",
             "title A\nlinux /vmlinuz-1\noptions $kernelopts $tuned_params\n", 0644);
  root.write("/boot/grub2/grub.cfg",
             "set default_kernelopts=\"root=/dev/vda ro quiet\"\nset kernelopts=\"ro quiet\"\n"
             "insmod blscfg\nblscfg\n",
             0644);
  root.write("/boot/grub2/grubenv", block("kernelopts=root=/dev/vda ro quiet selinux=0\n"), 0644);
  change_command_lines(root, change(), UnifiedKernels::kept);
  CHECK(root.read("/boot/loader/entries/a.conf") ==
        "title A\nlinux /vmlinuz-1\noptions selinux=1 audit=1 $kernelopts $tuned_params\n");
  CHECK(root.read("/boot/grub2/grubenv") == block("kernelopts=root=/dev/vda ro\n"));
  CHECK(root.read("/boot/grub2/grub.cfg") ==
        "set default_kernelopts=\"root=/dev/vda ro\"\nset kernelopts=\"ro\"\n"
        "insmod blscfg\nblscfg\n");
}

TEST_CASE_METHOD(FakeRoot, "a word that only a variable of GRUB's has is found") {
  root.write("/boot/loader/entries/a.conf", "linux /vmlinuz-1\noptions $kernelopts\n", 0644);
  finalize::CommandLineChange dropping;
  dropping.dropped.push_back({"quiet", {}});
  CHECK_THROWS_AS(change_command_lines(root, dropping, UnifiedKernels::kept), base::InputError);
  root.write("/boot/efi/EFI/vendor/grubenv", block("kernelopts=ro quiet\n"), 0644);
  change_command_lines(root, dropping, UnifiedKernels::kept);
  CHECK(root.read("/boot/efi/EFI/vendor/grubenv") == block("kernelopts=ro\n"));
}

TEST_CASE_METHOD(FakeRoot,
                 "a menu that a vendor has on the ESP is changed when it starts kernels") {
  const std::string leading = "search --label boot\nconfigfile ($root)/grub2/grub.cfg\n";
  root.write("/boot/efi/EFI/one/grub.cfg", "menuentry a {\n\tlinuxefi /vmlinuz-1 ro quiet\n}\n",
             0644);
  root.write("/boot/efi/EFI/two/grub.cfg", leading, 0644);
  root.write("/boot/efi/EFI/file", "", 0644);
  change_command_lines(root, change(), UnifiedKernels::kept);
  CHECK(root.read("/boot/efi/EFI/one/grub.cfg") ==
        "menuentry a {\n\tlinuxefi /vmlinuz-1 ro selinux=1 audit=1\n}\n");
  CHECK(root.read("/boot/efi/EFI/two/grub.cfg") == leading);
}
