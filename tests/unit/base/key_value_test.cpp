// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/key_value.hpp>

using namespace imagewright::base;

TEST_CASE("finds the last value of a key without its quotes") {
  constexpr auto text =
      "# ID=no\nID=debian\nNAME='A \"B\"'\nPRETTY_NAME=\"Say \\\"hi\\\"\"\nID=other\nIDX=1\n";
  CHECK(find_value(text, "ID") == "other");
  CHECK(find_value(text, "NAME") == "A \"B\"");
  CHECK(find_value(text, "PRETTY_NAME") == "Say \"hi\"");
  CHECK_FALSE(find_value(text, "VERSION"));
  CHECK_FALSE(find_value("", "ID"));
}

TEST_CASE("a value is unquoted as the shell does it") {
  CHECK(find_value("A='one'\"two\"three\n", "A") == "onetwothree");
  CHECK(find_value("A=it\\'s\n", "A") == "it's");
  CHECK(find_value("A='it'\\''s'\n", "A") == "it's");
  CHECK(find_value("A=\"\\$x \\`y\\` \\\\ \\n\"\n", "A") == "$x `y` \\ \\n");
  CHECK(find_value("A='\\n'\n", "A") == "\\n");
  CHECK(find_value("A=\n", "A") == "");
  CHECK(find_value("A=\"\"\n", "A") == "");
  CHECK(find_value("A", "A") == std::nullopt);
  CHECK(find_value("A=one # what follows\n", "A") == "one");
  CHECK(find_value("A=one#two\n", "A") == "one#two");
  CHECK(find_value("A='one' \n", "A") == "one");
  CHECK(find_value("A=one; B=two\n", "A") == "one");
  CHECK(find_value("  A=one\n", "A") == "one");
  CHECK(find_value("export A=one\n", "A") == "one");
  CHECK(find_value("A=one\r\n", "A") == "one");
  CHECK(find_value("A=$B\n", "A") == "$B");
}

TEST_CASE("no assignment: blanks beside the equals sign, and other names") {
  CHECK_FALSE(find_value("A = one\n", "A"));
  CHECK_FALSE(find_value("AB=one\n#A=1\n", "A"));
  CHECK_FALSE(find_value("BA=one\n", "A"));
}

TEST_CASE("a quoted value may go over lines, and what stands in it sets nothing") {
  CHECK(find_value("A=\"one\nB=no\"\nB=yes\n", "B") == "yes");
  CHECK(find_value("A=\"one\nB=no\"\n", "A") == "one\nB=no");
  CHECK(find_value("A='x\nB=no\n'\n", "B") == std::nullopt);
  CHECK(find_value("A=one\\\ntwo\n", "A") == "onetwo");
}

TEST_CASE("a quote that is never closed spoils its own line only") {
  CHECK(find_value("A=\"one\nB=two\n", "A") == "\"one");
  CHECK(find_value("A=\"one\nB=two\n", "B") == "two");
  CHECK(find_value("A=\\", "A") == "\\");
}

TEST_CASE("sets a key and leaves every other line alone") {
  CHECK(with_value("# comment\nSELINUX=permissive\nSELINUXTYPE=targeted\n", "SELINUX",
                   "enforcing") == "# comment\nSELINUX=enforcing\nSELINUXTYPE=targeted\n");
  CHECK(with_value("A=1\nB=2\nA=3\n", "A", "4") == "A=4\nB=2\n");
  CHECK(with_value("A=1", "B", "2") == "A=1\nB=2\n");
  CHECK(with_value("A=1", "A", "2") == "A=2\n");
  CHECK(with_value("", "A", "1") == "A=1\n");
  CHECK(with_value("#A=1\n", "A", "2") == "#A=1\nA=2\n");
  CHECK(with_value("A=\"x\ny\"\nB=2\n", "A", "1") == "A=1\nB=2\n");
}
