// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/path_pattern.hpp>

using namespace imagewright::base;

TEST_CASE("a star stands for letters of one name") {
  CHECK(matches_path_pattern("/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_*_key"));
  CHECK_FALSE(matches_path_pattern("/etc/ssh/x/ssh_host_rsa_key", "/etc/*/ssh_host_*_key"));
  CHECK_FALSE(matches_path_pattern("/etc/ssh", "/etc/ssh/*"));
  CHECK(is_at_or_below_pattern("/var/lib/cloud/data/a/b", "/var/lib/cloud/data"));
  CHECK(is_at_or_below_pattern("/var/lib/a/b", "/var/lib/*"));
  CHECK_FALSE(is_at_or_below_pattern("/var/lib", "/var/lib/*"));
}
