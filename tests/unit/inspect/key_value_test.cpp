// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "inspect/key_value.hpp"

using namespace imagewright;

TEST_CASE("the last line that sets a key counts, without quotes") {
  const std::string text = "# SELINUX=no\nSELINUX=permissive\nSELINUXTYPE=targeted\n"
                           " SELINUX = x\nSELINUX='enforcing' \nNAME=\"A B\"\n";
  CHECK(inspect::value_of_key(text, "SELINUX") == "enforcing");
  CHECK(inspect::value_of_key(text, "SELINUXTYPE") == "targeted");
  CHECK(inspect::value_of_key(text, "NAME") == "A B");
  CHECK(inspect::value_of_key(text, "ABSENT").empty());
}
