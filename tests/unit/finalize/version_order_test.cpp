// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "finalize/version_order.hpp"

using namespace imagewright::finalize;

TEST_CASE("compares kernel releases by their numbers") {
  CHECK(is_newer_version("6.6.10", "6.6.9"));
  CHECK_FALSE(is_newer_version("6.6.9", "6.6.10"));
  CHECK(is_newer_version("6.6.134.1-2.azl3", "6.6.134.1-1.azl3"));
  CHECK(is_newer_version("6.1.0-56-cloud-amd64", "6.1.0-9-cloud-amd64"));
  CHECK(is_newer_version("6.6.1", "6.6"));
  CHECK_FALSE(is_newer_version("6.6", "6.6"));
  CHECK_FALSE(is_newer_version("6.06", "6.6"));
}
