// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/hex.hpp>

namespace base = imagewright::base;

TEST_CASE("bytes are read from two lower-case digits each, and from nothing else") {
  CHECK(base::from_hex("") == "");
  CHECK(base::from_hex("00ff1a") == std::string("\0\xff\x1a", 3));
  CHECK_FALSE(base::from_hex("0"));
  CHECK_FALSE(base::from_hex("0F"));
  CHECK_FALSE(base::from_hex("0x"));
}
