// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "inspect/boot_entries.hpp"

using namespace imagewright;

TEST_CASE("GRUB's menu gives one entry for each kernel, with quotes taken off") {
  const auto entries =
      inspect::parse_grub_menu("set default=0\n"
                               "menuentry 'Node 1, Linux 6.6.1' --id 6.6.1 {\n"
                               "  search --no-floppy --fs-uuid --set=root 1234\n"
                               "  linux /boot/vmlinuz-6.6.1 root=UUID=1 'name=two words' ro\n"
                               "  initrd /boot/initramfs-6.6.1.img\n}\n"
                               "menuentry \"Older\" {\n  linuxefi /boot/old quiet\n}\n",
                               "/boot/grub/grub.cfg");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0] == inspect::BootEntry{"/boot/grub/grub.cfg", "Node 1, Linux 6.6.1",
                                         "/boot/vmlinuz-6.6.1", "/boot/initramfs-6.6.1.img",
                                         "root=UUID=1 \"name=two words\" ro"});
  CHECK(entries[1].title == "Older");
  CHECK(entries[1].command_line == "quiet");
  CHECK(entries[1].initramfs.empty());
}

TEST_CASE("a menu without kernels gives nothing") {
  CHECK(inspect::parse_grub_menu("configfile $prefix/grub.cfg\nlinux\n", "x").empty());
}

TEST_CASE("what GRUB hands over has its quotes and backslashes") {
  const auto entries = inspect::parse_grub_menu(
      R"(linux /k 'a;b' 'c=$d' 'e\x20f' 'g\h' "i'j" 'k=l m')", "/boot/grub/grub.cfg");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].command_line == R"(a;b c=$d e\x20f g\\h i\'j "k=l m")");
}
