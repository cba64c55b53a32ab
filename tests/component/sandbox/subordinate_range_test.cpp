// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "sandbox/user_namespace.hpp"

using imagewright::sandbox::find_subordinate_range;
using imagewright::sandbox::SubordinateRange;

TEST_CASE("subordinate ids are found by name and by number", "[sandbox]") {
  const std::string text =
      "other:1:70000\nsmall:5:10\nuser:100000:65536\n1001:300000:65537\nbad:x:65536\n";
  CHECK(find_subordinate_range(text, "user", 7) == SubordinateRange{100000, 65536});
  CHECK(find_subordinate_range(text, "nobody", 1001) == SubordinateRange{300000, 65537});
  CHECK_FALSE(find_subordinate_range(text, "small", 7));
  CHECK_FALSE(find_subordinate_range(text, "bad", 7));
  CHECK_FALSE(find_subordinate_range(text, "use", 7));
  CHECK_FALSE(find_subordinate_range("", "user", 7));
}
