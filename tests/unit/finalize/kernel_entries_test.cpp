// SPDX-License-Identifier: MIT
#include <string>

#include <catch2/catch.hpp>

#include "finalize/boot_loaders/kernel_entries.hpp"

using namespace imagewright::finalize::boot_loaders;

TEST_CASE("a release is replaced where it is one, and not where a longer one begins like it") {
  CHECK(with_release("/vmlinuz-6.1.0-5 6.1.0-56 a6.1.0-5 6.1.0-5.img", "6.1.0-5", "6.2") ==
        "/vmlinuz-6.2 6.1.0-56 a6.1.0-5 6.2.img");
  CHECK(with_release("initramfs-6.1-rc1.img", "6.1", "7") == "initramfs-6.1-rc1.img");
  CHECK(with_release("id-6.1.conf id-6.1+3.conf", "6.1", "7") == "id-7.conf id-7+3.conf");
}

namespace {

const std::string k_menu = "set default=\"0\"\n"
                           "menuentry 'Node, 1.0' --class \"a}\" {\n"
                           "  if [ x${y} = x ]; then set z={; fi # }\n"
                           "  linux /boot/vmlinuz-1.0 root=UUID=x\n"
                           "  initrd /boot/initramfs-1.0.img\n"
                           "  }\n"
                           "}\n"
                           "submenu 'More' {\n"
                           "\tmenuentry 'Old, 0.9' {\n"
                           "\t\tlinux /boot/vmlinuz-0.9 single\n"
                           "\t}\n"
                           "}\n"
                           "menuentry 'Firmware' {\n  fwsetup\n}\n";

} // namespace

TEST_CASE("a kernel's entries of a menu are copied before themselves") {
  const std::string edited = menu_with_kernel(k_menu, "1.0", "2.0");
  CHECK(edited.find("'Node, 2.0'") < edited.find("'Node, 1.0'"));
  CHECK(edited.find("initrd /boot/initramfs-2.0.img") != std::string::npos);
  CHECK(edited.size() == k_menu.size() + (k_menu.find("submenu") - k_menu.find("menuentry")));
  CHECK(menu_without_kernel(edited, "2.0") == k_menu);
}

TEST_CASE("a kernel's entries go from a submenu as well, and other entries stay") {
  const std::string edited = menu_without_kernel(k_menu, "0.9");
  CHECK(edited.find("0.9") == std::string::npos);
  CHECK(edited.find("submenu 'More' {\n}\n") != std::string::npos);
  CHECK(edited.find("fwsetup") != std::string::npos);
  CHECK(menu_with_kernel(k_menu, "5.5", "2.0") == k_menu);
  CHECK(menu_without_kernel(k_menu, "5.5") == k_menu);
}
