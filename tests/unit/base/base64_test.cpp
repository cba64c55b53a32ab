// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/base64.hpp>

using namespace imagewright;

TEST_CASE("bytes are written and read as RFC 4648 has it") {
  CHECK(base::to_base64("") == "");
  CHECK(base::to_base64("f") == "Zg==");
  CHECK(base::to_base64("fo") == "Zm8=");
  CHECK(base::to_base64("foobar") == "Zm9vYmFy");
  CHECK(base::from_base64("Zm8=") == "fo");
  CHECK(base::from_base64("Zm8") == "fo");
  CHECK_FALSE(base::from_base64("Zm8=="));
  CHECK_FALSE(base::from_base64("Zm9="));
  CHECK_FALSE(base::from_base64("Z"));
}
