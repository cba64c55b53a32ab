// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "machine/module_order.hpp"

using namespace imagewright::machine;

namespace {

std::string module(const std::string& depends, const std::string& soft = {}) {
  std::string text("\x7f"
                   "ELF\0license=GPL\0",
                   17);
  text += "depends=" + depends + '\0';
  if (!soft.empty()) text += "softdep=" + soft + '\0';
  return text + std::string("vermagic=6.6.1\0", 15);
}

} // namespace

TEST_CASE("the name of a module is the kernel's") {
  CHECK(module_name("/lib/modules/6.6.1/kernel/crypto/crc32c-intel.ko") == "crc32c_intel");
  CHECK(module_name("kernel/fs/ext4/ext4.ko") == "ext4");
  CHECK(module_name("modules.builtin").empty());
  CHECK(module_name("/lib/modules/6.6.1/ext4.ko.xz").empty());
}

TEST_CASE("each module comes after what it needs") {
  const Modules modules{{"virtio_blk", module("virtio,virtio-ring")},
                        {"virtio", module("")},
                        {"virtio_ring", module("virtio")},
                        {"ext4", module("jbd2", "pre: crc32c post: later")},
                        {"jbd2", module("")},
                        {"crc32c", module("")},
                        {"later", module("")}};
  CHECK(module_order(modules, {"virtio_blk", "ext4"}) ==
        std::vector<std::string>{"virtio", "virtio_ring", "virtio_blk", "jbd2", "crc32c", "ext4"});
}

TEST_CASE("modules that are part of the kernel are left out, and circles end") {
  const Modules modules{{"a", module("b,missing")}, {"b", module("a")}};
  CHECK(module_order(modules, {"a", "missing"}) == std::vector<std::string>{"b", "a"});
}

TEST_CASE("a module that ends in the middle of a word harms nobody") {
  CHECK(module_values(std::string("\0depends=abc", 12), "depends") ==
        std::vector<std::string>{"abc"});
  CHECK(module_values("depends=abc", "depends").empty());
}
