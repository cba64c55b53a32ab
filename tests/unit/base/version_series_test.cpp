// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/version_series.hpp>

using imagewright::base::is_in_series;

TEST_CASE("a series has the versions that continue it with a new part") {
  CHECK(is_in_series("6.6", "6.6"));
  CHECK(is_in_series("6.6.134.1-2.azl3", "6.6"));
  CHECK(is_in_series("6.6-rc1", "6.6"));
  CHECK(is_in_series("255-27", "255"));
  CHECK(is_in_series("252.39", "252"));
}

TEST_CASE("a series has nothing that merely begins alike") {
  CHECK_FALSE(is_in_series("6.60.1", "6.6"));
  CHECK_FALSE(is_in_series("6.6a", "6.6"));
  CHECK_FALSE(is_in_series("6.5.9", "6.6"));
  CHECK_FALSE(is_in_series("6", "6.6"));
  CHECK_FALSE(is_in_series("16.6", "6.6"));
  CHECK_FALSE(is_in_series("6.6", ""));
}
