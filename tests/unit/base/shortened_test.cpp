// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/shortened.hpp>

using namespace imagewright;

TEST_CASE("shortens between characters") {
  CHECK(base::shortened("short", 5) == "short");
  CHECK(base::shortened("longer", 5) == "longe\u2026");
  CHECK(base::shortened("a\u00FCb", 2) == "a\u2026");
  CHECK(base::shortened("\u00FC", 0) == "\u2026");
}
