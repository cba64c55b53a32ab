// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/text.hpp>

using namespace imagewright::base;

TEST_CASE("quotes what a terminal must not interpret") {
  CHECK(quoted("plain") == "\"plain\"");
  CHECK(quoted("a\"b\\c") == R"("a\"b\\c")");
  CHECK(quoted("\x1b[31m\n") == R"("\x1b[31m\n")");
  CHECK(quoted("\xff") == R"("\xff")");
  CHECK(quoted("ü") == "\"ü\"");
}

TEST_CASE("knows well-formed UTF-8") {
  CHECK(is_valid_utf8("aä€😀"));
  CHECK_FALSE(is_valid_utf8("\xc0\xaf"));
  CHECK_FALSE(is_valid_utf8("\xed\xa0\x80"));
  CHECK_FALSE(is_valid_utf8("\xf5\x80\x80\x80"));
  CHECK_FALSE(is_valid_utf8("\xe2\x82"));
}

TEST_CASE("splits and trims") {
  CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(split_whitespace("  a \t b\n") == std::vector<std::string>{"a", "b"});
  CHECK(trimmed(" \n x y \t") == "x y");
}

TEST_CASE("matches shell patterns") {
  CHECK(matches_glob("kernel-6.6", "kernel-*"));
  CHECK(matches_glob("abc", "a?c"));
  CHECK(matches_glob("a]c", "a[]]c"));
  CHECK(matches_glob("b5", "[a-c][!0-4]"));
  CHECK_FALSE(matches_glob("kernel", "kernel-*"));
  CHECK_FALSE(matches_glob("abc", "a[xyz]c"));
  CHECK(matches_glob("a[b", "a[b"));
  CHECK(matches_glob(std::string(2000, 'a') + "b", "*a*a*a*b"));
}
