// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/paths.hpp>

namespace base = imagewright::base;

TEST_CASE("a path is below the directories that its names begin with") {
  CHECK(base::is_below("/usr/lib", "/usr"));
  CHECK(base::is_below("/usr/lib/x", "/usr"));
  CHECK(base::is_below("/usr", "/"));
  CHECK(base::is_below("@/home", "@"));
  CHECK_FALSE(base::is_below("/usrlocal", "/usr"));
  CHECK_FALSE(base::is_below("/usr", "/usr"));
  CHECK_FALSE(base::is_below("/", "/"));
  CHECK_FALSE(base::is_below("/us", "/usr"));
}

TEST_CASE("a directory is at itself") {
  CHECK(base::is_at_or_below("/usr", "/usr"));
  CHECK(base::is_at_or_below("/usr/lib", "/usr"));
  CHECK(base::is_at_or_below("/", "/"));
  CHECK(base::is_at_or_below("/usr", "/"));
  CHECK_FALSE(base::is_at_or_below("/usrlocal", "/usr"));
}
