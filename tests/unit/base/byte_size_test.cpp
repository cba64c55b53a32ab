// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>

using imagewright::base::ByteSize;

TEST_CASE("shows sizes in the largest fitting unit") {
  CHECK(to_string(ByteSize(0)) == "0 B");
  CHECK(to_string(ByteSize(512)) == "512 B");
  CHECK(to_string(ByteSize::kib(1)) == "1 KiB");
  CHECK(to_string(ByteSize(1536)) == "1.5 KiB");
  CHECK(to_string(ByteSize::gib(4)) == "4 GiB");
}

TEST_CASE("rounds to multiples") {
  CHECK(ByteSize(1).rounded_up_to(ByteSize::mib(1)) == ByteSize::mib(1));
  CHECK(ByteSize::mib(1).rounded_up_to(ByteSize::mib(1)) == ByteSize::mib(1));
  CHECK(ByteSize(4097).rounded_down_to(ByteSize(4096)) == ByteSize(4096));
}

TEST_CASE("refuses arithmetic that wraps") {
  CHECK_THROWS_AS(ByteSize(1) - ByteSize(2), imagewright::base::BugError);
  CHECK_THROWS_AS(ByteSize(~0ULL) + ByteSize(1), imagewright::base::BugError);
  CHECK_THROWS_AS(ByteSize(~0ULL) * 2, imagewright::base::BugError);
}
