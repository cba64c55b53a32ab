// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "finalize/key_value.hpp"
#include "finalize/version_order.hpp"

using namespace imagewright::finalize;

TEST_CASE("finds the last value of a key without its quotes") {
  constexpr auto text =
      "# ID=no\nID=debian\nNAME='A \"B\"'\nPRETTY_NAME=\"Say \\\"hi\\\"\"\nID=other\nIDX=1\n";
  CHECK(find_value(text, "ID") == "other");
  CHECK(find_value(text, "NAME") == "A \"B\"");
  CHECK(find_value(text, "PRETTY_NAME") == "Say \"hi\"");
  CHECK_FALSE(find_value(text, "VERSION"));
}

TEST_CASE("sets a key and leaves every other line alone") {
  CHECK(with_value("# comment\nSELINUX=permissive\nSELINUXTYPE=targeted\n", "SELINUX",
                   "enforcing") == "# comment\nSELINUX=enforcing\nSELINUXTYPE=targeted\n");
  CHECK(with_value("A=1\nB=2\nA=3\n", "A", "4") == "A=4\nB=2\n");
  CHECK(with_value("A=1", "B", "2") == "A=1\nB=2\n");
  CHECK(with_value("", "A", "1") == "A=1\n");
  CHECK(with_value("#A=1\n", "A", "2") == "#A=1\nA=2\n");
}

TEST_CASE("compares kernel releases by their numbers") {
  CHECK(is_newer_version("6.6.10", "6.6.9"));
  CHECK_FALSE(is_newer_version("6.6.9", "6.6.10"));
  CHECK(is_newer_version("6.6.134.1-2.azl3", "6.6.134.1-1.azl3"));
  CHECK(is_newer_version("6.1.0-56-cloud-amd64", "6.1.0-9-cloud-amd64"));
  CHECK(is_newer_version("6.6.1", "6.6"));
  CHECK_FALSE(is_newer_version("6.6", "6.6"));
  CHECK_FALSE(is_newer_version("6.06", "6.6"));
}
