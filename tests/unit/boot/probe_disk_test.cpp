// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "boot/probe_disk.hpp"

using namespace imagewright;
using namespace std::string_literals;

TEST_CASE("the script's context keeps everything but the type") {
  CHECK(boot::script_context("system_u:object_r:systemd_unit_t:s0\0"s) ==
        "system_u:object_r:initrc_exec_t:s0\0"s);
  CHECK(boot::script_context("system_u:object_r:etc_t\0"s) == "system_u:object_r:initrc_exec_t\0"s);
  CHECK(boot::script_context("system_u:object_r:etc_t:s0:c0.c1") ==
        "system_u:object_r:initrc_exec_t:s0:c0.c1");
  CHECK(boot::script_context("").empty());
}

TEST_CASE("labels are set only in images that have them") {
  CHECK(boot::injection_commands("").find("ea_set") == std::string::npos);
  CHECK(boot::injection_commands("system_u:object_r:etc_t:s0").find("ea_set -f unit-context ") !=
        std::string::npos);
}

TEST_CASE("everything that the boot needs is written") {
  const std::string commands = boot::injection_commands("");
  for (const char* name :
       {"imagewright-probe.service /etc/systemd/system/", "imagewright-probe /etc/systemd/system/",
        "imagewright-probe.conf /etc/systemd/system/multi-user.target.d/"}) {
    CHECK(commands.find("\nwrite "s + name) != std::string::npos);
  }
  CHECK(commands.find("\nset_inode_field /etc/systemd/system/imagewright-probe mode 0100755\n") !=
        std::string::npos);
}
